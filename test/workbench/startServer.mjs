import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeServer, serverNode } from './paths.mjs';

const entry = join(codeServer, 'out', 'node', 'entry.js');

/** A quiet editor: nothing that looks things up, updates itself, or covers what is being looked at. */
const quietSettings = {
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'security.workspace.trust.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** No folder is trusted, and nothing asks whether it is. */
const restrictedSettings = {
  'security.workspace.trust.enabled': true,
  'security.workspace.trust.banner': 'always',
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.untrustedFiles': 'open',
};

/**
 * Starts a VS Code server on 127.0.0.1 with a profile of its own.
 *
 * @param {object} options
 * @param {string} options.workspace the folder to open
 * @param {boolean} [options.copyWorkspace] open a copy, so that a run leaves no trace in the folder (default true)
 * @param {string} [options.vsix] an extension package to install first
 * @param {boolean} [options.driver] allow extensionDevelopmentPath and extensionTestsPath in the address; suppresses toasts
 * @param {boolean} [options.trust] ask for trust as an editor does: the workspace opens in Restricted Mode (default false)
 * @param {Record<string, unknown>} [options.settings] user settings
 * @param {Record<string, string>} [options.env] more environment variables
 * @param {string} [options.password] ask for this password (default: none is asked)
 * @param {string} [options.profile] a folder that keeps the profile between runs (default: a fresh one, removed at the end)
 * @param {number} [options.port] default: a free one
 */
export async function startServer(options) {
  const temporary = mkdtempSync(join(tmpdir(), 'alidade-workbench-'));
  const profile = options.profile ?? temporary;
  const workspace = options.copyWorkspace === false ? options.workspace : join(temporary, 'workspace');
  if (options.copyWorkspace !== false) cpSync(options.workspace, workspace, { recursive: true });
  const userFolder = join(profile, 'data', 'User');
  mkdirSync(userFolder, { recursive: true });
  mkdirSync(join(profile, 'extensions'), { recursive: true });
  const settings = { ...quietSettings, ...(options.trust ? restrictedSettings : {}), ...options.settings };
  writeFileSync(join(userFolder, 'settings.json'), JSON.stringify(settings, null, 2));
  const config = join(profile, 'config.yaml');
  writeFileSync(config, '');
  const folders = ['--user-data-dir', join(profile, 'data'), '--extensions-dir', join(profile, 'extensions')];
  const env = { ...process.env, EXTENSIONS_GALLERY: '{}', ...options.env };
  delete env.PORT; // read by the server in place of its argument
  if (options.password) env.PASSWORD = options.password;
  if (options.vsix) {
    execFileSync(serverNode, [entry, '--config', config, ...folders, '--install-extension', options.vsix], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'], // shown in the error when it fails
      timeout: 120_000,
    });
  }
  const child = spawn(
    serverNode,
    [
      ...[entry, '--config', config, ...folders],
      ...['--bind-addr', `127.0.0.1:${options.port ?? 0}`, '--auth', options.password ? 'password' : 'none'],
      ...['--disable-telemetry', '--disable-update-check', '--ignore-last-opened'],
      '--disable-getting-started-override',
      ...(options.trust ? [] : ['--disable-workspace-trust']),
      ...(options.driver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ],
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: process.platform !== 'win32' },
  );
  // The server is in a process group of its own: whatever ends this process has to end that too.
  const endNow = () => end(child, 'SIGKILL');
  const terminate = () => {
    endNow();
    process.exit(143);
  };
  process.once('exit', endNow);
  process.once('SIGTERM', terminate);
  const stop = async () => {
    process.off('exit', endNow);
    process.off('SIGTERM', terminate);
    const gone = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : undefined;
    end(child, 'SIGTERM');
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000).unref())]);
    end(child, 'SIGKILL');
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    return { url: await address(child), workspace, profile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The server's own children (extension host, sidecar) are in its process group and end with it. */
function end(child, signal) {
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Already gone.
  }
}

function address(child) {
  let output = '';
  return new Promise((resolve, reject) => {
    const listen = (chunk) => {
      output = (output + chunk).slice(-20_000);
      const found = /HTTP server listening on (http:\/\/[^\s/]+)/.exec(output);
      if (found) resolve(found[1]);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('exit', (code) => reject(new Error(`the workbench server exited with ${code}\n${output}`)));
    setTimeout(() => reject(new Error(`the workbench server did not start in 60 s\n${output}`)), 60_000).unref();
  });
}

/** The address that opens the server's workspace; `development` and `tests` are paths, and need `driver`. */
export function workbenchUrl(server, { development, tests } = {}) {
  const remote = (path) => `vscode-remote://${new URL(server.url).host}${path}`;
  const payload = [
    ...(development ? [['extensionDevelopmentPath', remote(development)]] : []),
    ...(tests ? [['extensionTestsPath', remote(tests)]] : []),
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const url = new URL(`${server.url}/`);
  url.searchParams.set('folder', server.workspace);
  url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}
