// A mocha reporter for scripts/test.mjs: prints failures as they happen, and appends one JSON line a test to the file
// named by ALIDADE_TEST_RESULTS. The last line is {"end":true}: without it the run did not finish.
'use strict';

const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');

module.exports = class RecordingReporter {
  constructor(runner) {
    const file = process.env.ALIDADE_TEST_RESULTS;
    if (!file) throw new Error('ALIDADE_TEST_RESULTS must name the file of results');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    const record = (entry) => appendFileSync(file, `${JSON.stringify(entry)}\n`);
    runner.on('pass', (test) => record({ state: 'passed', title: test.fullTitle(), ms: test.duration }));
    runner.on('pending', (test) => record({ state: 'skipped', title: test.fullTitle() }));
    runner.on('fail', (test, error) => {
      const text = String(error?.stack ?? error);
      console.error(`  FAILED ${test.fullTitle()}\n    ${text.split('\n').slice(0, 25).join('\n    ')}`);
      record({ state: 'failed', title: test.fullTitle(), error: text });
    });
    runner.on('end', () => record({ end: true }));
  }
};
