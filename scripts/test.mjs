// npm test: installs what is missing and runs every suite. The last line is the sum of all.
//
//   npm test -- --only core,engine     these suites (names as printed)
//   npm run test:long                  with the soaks and the large series
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installPackages, repository, requireNodeVersion } from './install.mjs';
import { suites } from './suites.mjs';

async function main() {
  requireNodeVersion();
  const { long, only } = readArguments();
  const all = suites({ long });
  const unknown = only?.filter((name) => !all.some((suite) => suite.name === name)) ?? [];
  if (unknown.length > 0)
    usage(`unknown suite ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
  if (long) process.env.ALIDADE_LONG = '1';

  installPackages();
  const asked = all.filter(({ name }) => !only || only.includes(name));
  const chosen = all.filter((suite) => asked.includes(suite) || asked.some(({ needs }) => needs?.includes(suite.name)));
  const { installWorkbench, whyNoWorkbench } = await import('../test/workbench/install.mjs');
  const { findBrowser, howToInstallBrowser } = await import('../test/workbench/findBrowser.mjs');
  if (chosen.some(({ name }) => ['extension', 'ui'].includes(name)) && whyNoWorkbench() === undefined)
    installWorkbench();

  const sum = { passed: 0, failed: 0, skipped: 0 };
  const failed = [];
  for (const suite of chosen) {
    const started = performance.now();
    const result = await runOne(suite);
    if (result.failed > 0) failed.push(suite.name);
    for (const key of Object.keys(sum)) sum[key] += result[key];
    if (result.why) console.error(`  ${suite.name}: ${result.why}`);
    console.log(
      `${suite.name.padEnd(10)} ${describe(result).padEnd(40)} ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
  }
  console.log(describe(sum));
  process.exitCode = sum.failed > 0 ? 1 : 0;

  async function runOne(suite) {
    if (suite.kind === 'check') return runCheck(suite);
    const broken = suite.needs.filter((name) => failed.includes(name));
    if (broken.length > 0) return failure(`not run, because ${broken.join(' and ')} failed`);
    if (suite.needsBrowser && !findBrowser()) return failure(howToInstallBrowser);
    return runTests(suite);
  }
}

async function runCheck(suite) {
  const why = await run(suite, {});
  return why ? failure(why) : { passed: 1, failed: 0, skipped: 0 };
}

async function runTests(suite) {
  const file = join(repository, 'out', 'results', `${suite.name}.jsonl`);
  mkdirSync(join(repository, 'out', 'results'), { recursive: true });
  rmSync(file, { force: true });
  const why = await run(suite, { ALIDADE_TEST_RESULTS: file });
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  const entries = lines.map((line) => JSON.parse(line));
  const count = (state) => entries.filter((entry) => entry.state === state).length;
  const result = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  if (!entries.some((entry) => entry.end))
    return { ...result, failed: result.failed + 1, why: why ?? 'it did not finish' };
  if (result.passed + result.failed + result.skipped === 0) return failure('it has no tests');
  if (why && result.failed === 0) return { ...result, failed: 1, why };
  return result;
}

const failure = (why) => ({ passed: 0, failed: 1, skipped: 0, why });

/** @returns {Promise<string | undefined>} what went wrong, if anything did */
function run(suite, env) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, suite.args, {
      cwd: repository,
      detached: process.platform !== 'win32', // a group of its own, so that a time-out ends its children too
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const end = (signal) => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
      } catch {
        // Already gone.
      }
    };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      end('SIGTERM');
      setTimeout(() => end('SIGKILL'), 10_000).unref();
    }, suite.timeoutMs);
    const interrupt = () => {
      end('SIGTERM');
      process.exit(130);
    };
    process.once('SIGINT', interrupt);
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupt);
      if (timedOut) resolve(`stopped after ${suite.timeoutMs / 60_000} minutes`);
      else resolve(code === 0 ? undefined : `exit status ${code ?? signal}`);
    });
  });
}

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function readArguments() {
  try {
    const { values } = parseArgs({ options: { long: { type: 'boolean', default: false }, only: { type: 'string' } } });
    return { long: values.long, only: values.only?.split(',') };
  } catch (error) {
    return usage(error.message);
  }
}

function usage(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

await main();
