import { join } from 'node:path';
import { repository } from './install.mjs';

const bin = (name, file) => join(repository, 'node_modules', name, file);
const minutes = (count) => count * 60_000;

/** A program that passes when it exits with 0. */
const check = (name, args, timeoutMs) => ({ kind: 'check', name, args, timeoutMs });

/** Tests that append their results to a file; see test/workbench/recordingReporter.cjs. */
const mocha = (name, files, timeoutMs, { needs = ['bundle'], needsBrowser = false } = {}) => ({
  kind: 'tests',
  name,
  args: [
    bin('mocha', 'bin/mocha.js'),
    ...['--reporter', join(repository, 'test/workbench/recordingReporter.cjs')],
    ...['--exit', '--forbid-only', '--timeout', '30000', files],
  ],
  timeoutMs,
  needs,
  needsBrowser,
});

const programs = ['build', 'bundle'];

/**
 * Everything that `npm test` runs, in this order.
 *
 * @param {{long: boolean}} options `long` gives the soaks and the large series their time
 */
export function suites({ long }) {
  const time = (short) => minutes(long ? 120 : short);
  return [
    check('format', [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.'], minutes(2)),
    check('lint', [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings', '0'], minutes(5)),
    check('types', [bin('typescript', 'bin/tsc'), '--noEmit'], minutes(5)),
    check('build', ['esbuild.js', '--production'], minutes(2)),
    check('bundle', ['esbuild.js', '--tests'], minutes(2)),
    mocha('harness', 'out/test/harness/**/*.test.js', minutes(3), { needs: programs }),
    mocha('core', 'out/test/core/**/*.test.js', time(5)),
    mocha('engine', 'out/test/engine/**/*.test.js', time(8)),
    mocha('sidecar', 'out/test/sidecar/**/*.test.js', time(5), { needs: programs }),
    mocha('server', 'out/test/server/**/*.test.js', time(5), { needs: programs }),
    mocha('cli', 'out/test/cli/**/*.test.js', time(8), { needs: programs }),
    ...(long ? [mocha('long', 'out/test/long/**/*.test.js', minutes(180), { needs: programs })] : []),
    mocha('webview', 'out/test/webview/**/*.test.js', minutes(15), { needs: programs, needsBrowser: true }),
    {
      kind: 'tests',
      name: 'extension',
      args: ['test/workbench/runExtensionTests.mjs'],
      timeoutMs: minutes(8),
      needs: programs,
      needsBrowser: true,
    },
    mocha('ui', 'test/ui/**/*.test.mjs', minutes(10), { needs: ['build'], needsBrowser: true }),
  ];
}
