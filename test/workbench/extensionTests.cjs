// What VS Code's extension host loads as `extensionTestsPath`: runs out/test/extension/**/*.test.js in it.
'use strict';

const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const Mocha = require('mocha');

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.js') ? [path] : [];
  });
}

exports.run = async function run() {
  const mocha = new Mocha({
    color: false,
    grep: process.env.ALIDADE_TEST_GREP || undefined,
    reporter: join(__dirname, 'recordingReporter.cjs'),
    timeout: 30_000,
    ui: 'bdd',
  });
  const folder = join(__dirname, '..', '..', 'out', 'test', 'extension');
  if (existsSync(folder)) testFiles(folder).forEach((file) => mocha.addFile(file));
  await new Promise((resolve, reject) => {
    mocha.run((failures) => (failures > 0 ? reject(new Error(`${failures} tests failed`)) : resolve()));
  });
};
