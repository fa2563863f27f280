import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Suite {
  readonly name: string;
}

/** Folders of test/ that hold no tests themselves. */
const withoutTests = ['fixtures', 'golden', 'references', 'workbench'];

describe('the test command', () => {
  it('has a suite for every folder of tests', async () => {
    const address = pathToFileURL(join(process.cwd(), 'scripts', 'suites.mjs')).href;
    const { suites } = (await import(address)) as { suites: (options: { long: boolean }) => readonly Suite[] };
    const names = suites({ long: true }).map(({ name }) => name);
    const folders = readdirSync(join(process.cwd(), 'test'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !withoutTests.includes(entry.name))
      .map((entry) => entry.name);
    assert.deepEqual(
      folders.filter((folder) => !names.includes(folder)),
      [],
    );
  });
});
