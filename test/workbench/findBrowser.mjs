import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'chrome'];
const places = {
  linux: ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome', '/opt/microsoft/msedge'],
  darwin: ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS`),
  win32: [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .flatMap((folder) => [`${folder}\\Google\\Chrome\\Application`, `${folder}\\Microsoft\\Edge\\Application`]),
};
const files = {
  linux: names,
  darwin: ['Google Chrome', 'Chromium', 'Microsoft Edge'],
  win32: ['chrome.exe', 'msedge.exe'],
};

export const howToInstallBrowser =
  'no Chrome, Chromium or Edge was found: install one (on Debian: apt-get install chromium), or name it in ALIDADE_BROWSER';

/** @returns {string | undefined} the program of a Chromium-based browser: the one in ALIDADE_BROWSER, else the first found */
export function findBrowser() {
  if (process.env.ALIDADE_BROWSER) return process.env.ALIDADE_BROWSER;
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...(places[process.platform] ?? [])];
  const candidates = (files[process.platform] ?? names).flatMap((file) => folders.map((folder) => join(folder, file)));
  return candidates.find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
