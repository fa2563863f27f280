// Builds everything that runs: the extension, the sidecar, the command line, the pages; with --tests also the tests.
//
//   node esbuild.js                    development build into dist/, with source maps
//   node esbuild.js --production       minified, without source maps
//   node esbuild.js --watch            development build, rebuilt on every change
//   node esbuild.js --tests [PART…]    bundles test/**/*.test.ts into out/test/** (only paths that contain a PART)
'use strict';

const { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { join, relative, sep } = require('node:path');
const esbuild = require('esbuild');
const { version } = require('./package.json');
const { lazyParsers, parsersEntry } = require('./scripts/lazyParsers.js');
const { pageAliases, squeezeTemplates } = require('./scripts/pageBuild.js');
const { thirdPartyNotices } = require('./scripts/thirdPartyNotices.js');

const root = __dirname;
const flags = new Set(process.argv.slice(2).filter((argument) => argument.startsWith('--')));
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const production = flags.has('--production');

const unknown = [...flags].filter((flag) => !['--production', '--watch', '--tests'].includes(flag));
if (unknown.length > 0) {
  console.error(`error: unknown flag ${unknown.join(', ')}: see the top of esbuild.js`);
  process.exit(2);
}

/** @type {import('esbuild').BuildOptions} */
const shared = {
  absWorkingDir: root,
  bundle: true,
  charset: 'utf8',
  define: {
    'process.env.ALIDADE_VERSION': JSON.stringify(version),
    ...(production ? { 'process.env.NODE_ENV': '"production"' } : {}),
  },
  legalComments: 'none', // dist/THIRD_PARTY_NOTICES.txt carries every licence in full
  loader: { '.css': 'text', '.svg': 'text' },
  logLevel: 'warning',
  minify: production,
  sourcemap: production ? false : 'linked',
};

/** @type {import('esbuild').BuildOptions} */
const node = {
  ...shared,
  external: ['vscode', 'onnxruntime-node'],
  format: 'cjs',
  // Some packages offer a UMD build to `require`, whose inner requires no bundler can follow: prefer their modules.
  mainFields: ['module', 'main'],
  platform: 'node',
  target: 'node20',
};

/** One build for each kind of program; the keys of `entryPoints` are the files in dist/. */
function programs() {
  const pages = readdirSync(join(root, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'webview', entry.name, 'main.ts')))
    .map((entry) => [`webview/${entry.name}`, `webview/${entry.name}/main.ts`]);
  return [
    {
      ...node,
      entryPoints: { extension: 'src/extension/extension.ts' },
      external: [...node.external, './parsers.js'],
      plugins: [lazyParsers(root)],
    },
    { ...node, stdin: parsersEntry(root), outfile: join(root, 'dist', 'parsers.js') },
    { ...node, entryPoints: { sidecar: 'src/sidecar/main.ts' } },
    { ...node, entryPoints: { weightWorker: 'src/engine/onnx/weightWorker.ts' } },
    { ...node, entryPoints: { mergeWorker: 'src/engine/merging/mergeWorker.ts' } },
    { ...node, entryPoints: { cli: 'src/cli/main.ts' }, banner: { js: '#!/usr/bin/env node' } },
    {
      ...shared,
      alias: pageAliases,
      entryPoints: Object.fromEntries(pages),
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
    },
  ].map((options) => ({
    ...options,
    metafile: true,
    ...(options.outfile === undefined ? { outdir: join(root, 'dist') } : {}),
  }));
}

async function buildTests() {
  const files = walk(join(root, 'test')).filter((file) => file.endsWith('.test.ts'));
  const wanted = files
    .map((file) => relative(root, file).split(sep).join('/'))
    .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)));
  if (wanted.length === 0) throw new Error(`no test file contains ${parts.join(' or ')}`);
  await esbuild.build({
    ...node,
    entryPoints: wanted,
    outbase: join(root, 'test'),
    outdir: join(root, 'out', 'test'),
    packages: 'external',
    sourcemap: 'inline',
  });
  if (parts.length > 0) return;
  const sources = new Set(files.map((file) => relative(join(root, 'test'), file).replace(/\.ts$/, '.js')));
  for (const file of walk(join(root, 'out', 'test'))) {
    if (file.endsWith('.test.js') && !sources.has(relative(join(root, 'out', 'test'), file))) rmSync(file);
  }
}

function squeezePages() {
  for (const file of walk(join(root, 'dist', 'webview')).filter((name) => name.endsWith('.js'))) {
    writeFileSync(file, squeezeTemplates(readFileSync(file, 'utf8')));
  }
}

/** @returns {string[]} every file below the folder, without node_modules */
function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path);
    return [path];
  });
}

async function main() {
  if (flags.has('--tests')) return buildTests();
  if (flags.has('--watch')) {
    for (const options of programs()) await (await esbuild.context({ ...options, logLevel: 'info' })).watch();
    return;
  }
  const results = await Promise.all(programs().map((options) => esbuild.build(options)));
  if (production) squeezePages();
  const notices = thirdPartyNotices(
    root,
    results.map((result) => result.metafile),
    ['onnxruntime-node', 'onnxruntime-common'],
  );
  writeFileSync(join(root, 'dist', 'THIRD_PARTY_NOTICES.txt'), notices);
}

main().catch((error) => {
  // esbuild has already printed its own errors with their places.
  if (!Array.isArray(error?.errors)) console.error(error);
  process.exitCode = 1;
});
