// npm run demo: everything needed, then the main job. The starter model scores a preference pair of examples/ in the
// terminal; then examples/ opens with the extension, in VS Code where `code` is on the PATH, else in a browser workbench.
//
//   npm run demo -- --terminal     stops after the terminal part
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPrograms, installPackages, repository, requireNodeVersion } from './install.mjs';

const cli = join(repository, 'dist', 'cli.js');
const examples = join(repository, 'examples');

async function main() {
  requireNodeVersion();
  const { terminal } = readArguments();
  installPackages();
  buildPrograms();
  execFileSync(process.execPath, [cli, 'starter', 'fetch'], { stdio: ['ignore', 'ignore', 'inherit'] });
  scorePair();
  if (terminal) return;
  if (isOnPath('code')) openDesktop();
  else await openBrowserWorkbench();
}

/** The breakdown of the first pair of examples/preferences.jsonl, as `alidade score --table` prints it. */
function scorePair() {
  const line = readFileSync(join(examples, 'preferences.jsonl'), 'utf8').split('\n')[0];
  const { chosen, rejected } = JSON.parse(line);
  const last = (messages) => messages[messages.length - 1].content;
  console.log(`\nPrompt    ${wrap(chosen.at(-2).content)}\n`);
  console.log(`Chosen    ${wrap(last(chosen))}\n`);
  console.log(`Rejected  ${wrap(last(rejected))}\n`);
  execFileSync(process.execPath, [cli, 'score', '--model', 'starter', '--table', '--quiet'], {
    input: `${line}\n`,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  console.log('\nThe starter measures narrow things; it is not a judge of quality. Choose another model with --model.');
}

function wrap(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (100 < lines[lines.length - 1].length + word.length) lines.push('');
    lines[lines.length - 1] += (lines[lines.length - 1] === '' ? '' : ' ') + word;
  }
  return lines.join(`\n${' '.repeat(10)}`);
}

function openDesktop() {
  const args = [`--extensionDevelopmentPath=${repository}`, examples, '--goto', join(examples, 'preferences.jsonl:1')];
  execFileSync('code', args, { shell: process.platform === 'win32', stdio: 'inherit' });
  console.log('\nexamples/ is open in VS Code. Point at a response, or choose "Why?" above a row.');
}

async function openBrowserWorkbench() {
  const { installWorkbench, whyNoWorkbench } = await import('../test/workbench/install.mjs');
  if (whyNoWorkbench() !== undefined) {
    throw new Error(
      `there is no \`code\` on the PATH, and ${whyNoWorkbench()}: install VS Code, and its shell command`,
    );
  }
  installWorkbench();
  const { startServer } = await import('../test/workbench/startServer.mjs');
  const { openGate } = await import('./workbenchGate.mjs');
  const password = (await import('node:crypto')).randomBytes(18).toString('base64url');
  const server = await startServer({
    workspace: examples,
    copyWorkspace: false,
    profile: join(repository, '.demo'),
    password,
    vsix: await currentPackage(),
  });
  const gate = await openGate({ server, password, file: join(examples, 'preferences.jsonl') });
  console.log(`\nexamples/ is open at ${gate.url}`);
  console.log('Point at a response, or choose "Why?" above a row. Ctrl+C ends it.');
  await new Promise((resolve) => process.once('SIGINT', resolve)); // SIGTERM ends the server at once
  gate.stop();
  await server.stop();
}

async function currentPackage() {
  const { packageExtension, packageFile } = await import('./package.mjs');
  const file = packageFile();
  return existsSync(file) && statSync(cli).mtimeMs < statSync(file).mtimeMs ? file : packageExtension();
}

function isOnPath(program) {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  return spawnSync(finder, [program], { stdio: 'ignore' }).status === 0;
}

function readArguments() {
  try {
    return parseArgs({ options: { terminal: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(2);
  }
}

try {
  await main();
} catch (error) {
  // A program that failed has said why on its own.
  if (error.status === undefined) console.error(`error: ${error.message}`);
  process.exit(1);
}
