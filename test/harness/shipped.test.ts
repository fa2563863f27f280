import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

describe('the package', () => {
  it('ships every program that runs in Node, the thread that converts weights beside those that start it', () => {
    const read = (name: string): string => readFileSync(join(process.cwd(), name), 'utf8');
    const built = [...read('esbuild.js').matchAll(/(\w+): 'src\/[\w/]+\.ts'/g)].map(([, name]) => name);
    assert.deepEqual(
      ['cli', 'extension', 'mergeWorker', 'sidecar', 'weightWorker'].filter((name) => !built.includes(name)),
      [],
    );
    const shipped = new Set(read('.vscodeignore').split('\n'));
    for (const name of [...built, 'parsers'])
      assert.ok(shipped.has(`!dist/${name}.js`), `${name}.js is built but not shipped`);
  });

  it('loads the parsers of prompts, tests and merge recipes late: their modules offer functions over plain data alone', () => {
    const read = (name: string): string => readFileSync(join(process.cwd(), name), 'utf8');
    const modules = [...read('scripts/lazyParsers.js').matchAll(/'(src\/[\w/]+\.ts)'/g)].map(([, name]) => name ?? '');
    const offered = modules.flatMap((name) => [...read(name).matchAll(/^export (\w+) \w+/gm)].map(([, kind]) => kind));
    assert.ok(0 < modules.length);
    assert.deepEqual(
      [...new Set(offered)].filter((kind) => !['function', 'interface', 'type'].includes(kind ?? '')),
      [],
    );
    // A name of the YAML library's errors, which no build shortens.
    const hasYaml = (name: string): boolean => read(name).includes('BAD_INDENT');
    assert.deepEqual([hasYaml('dist/parsers.js'), hasYaml('dist/extension.js')], [true, false]);
  });
});
