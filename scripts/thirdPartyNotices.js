'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/**
 * The licences, in full, of every package that a build put into its outputs, and of those shipped beside them.
 *
 * @param {string} root the repository
 * @param {readonly import('esbuild').Metafile[]} metafiles
 * @param {readonly string[]} shipped packages that are not bundled
 */
exports.thirdPartyNotices = function thirdPartyNotices(root, metafiles, shipped) {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const bundled = inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  const names = [...new Set([...bundled, ...shipped])].sort();
  return names.map((name) => notice(join(root, 'node_modules', name), name)).join(`\n${'-'.repeat(80)}\n\n`);
};

function notice(folder, name) {
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|thirdpartynotices)/i.test(file));
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  if (text === '' && !license) throw new Error(`${name} has no licence`);
  return `${name} ${version} (${license})\n\n${text || `The package names its licence and carries no text of it.`}\n`;
}
