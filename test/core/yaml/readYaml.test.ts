import assert from 'node:assert/strict';
import { plainValue } from '../../../src/core/yaml/yamlReader';
import { readYaml, readYamlDocuments } from '../../../src/core/yaml/readYaml';
import type { YamlValue } from '../../../src/core/yaml/yamlValue';

function member(value: YamlValue | null, ...path: readonly string[]): YamlValue {
  let found = value;
  for (const key of path) {
    found = (found?.kind === 'mapping' && found.entries.find((entry) => entry.key === key)?.value) || null;
  }
  assert.ok(found);
  return found;
}

describe('readYaml', () => {
  it('reads several documents with places in the whole text, anchors of one unknown to the next', () => {
    const text = '# one\na: &x 1\n---\nb: 2\n---\n---\nc: *x\n';
    const { documents, problems } = readYamlDocuments(text);
    assert.deepEqual(
      documents.map(({ value }) => value && plainValue(value)),
      [{ a: 1 }, { b: 2 }, null, { c: null }],
    );
    const second = documents[1].value;
    const { span } = member(second, 'b');
    assert.equal(text.slice(span.start, span.end), '2');
    assert.deepEqual(
      problems.map(({ message, span: { start } }) => [message, text[start]]),
      [['there is no anchor &x before this', '*']],
    );
  });

  it('says where a second document begins when one is wanted', () => {
    const { value, problems } = readYaml('a: 1\n---\nb: 2\n');
    assert.deepEqual(value && plainValue(value), { a: 1 });
    assert.deepEqual(problems, [
      { message: 'a second YAML document begins here: one is read', span: { start: 9, end: 10 } },
    ]);
    assert.deepEqual(readYaml(''), { value: null, problems: [] });
  });

  it('merges the keys of `<<`, its own and earlier ones first', () => {
    const text = [
      'a: &a { x: 1, y: 1 }',
      'b: &b { y: 2, z: 2 }',
      'c: { <<: [*a, *b], x: 3 }',
      'd:',
      '  <<: *b',
      '  y: 4',
      '"<<": kept',
    ];
    const { value, problems } = readYaml(text.join('\n'));
    assert.deepEqual(problems, []);
    assert.deepEqual(plainValue(member(value, 'c')), { x: 3, y: 1, z: 2 });
    assert.deepEqual(plainValue(member(value, 'd')), { y: 4, z: 2 });
    assert.equal(plainValue(member(value, '<<')), 'kept');
    assert.deepEqual(
      readYaml('a: { <<: 3 }').problems.map(({ message }) => message),
      ['`<<` takes a mapping, or a list of them'],
    );
  });

  it('places what an alias stands for where it is used, or where it is written', () => {
    const text = 'a: &a [10]\nb: *a\n';
    const used = member(readYaml(text).value, 'b');
    const written = member(readYaml(text, { aliases: 'written' }).value, 'b');
    assert.ok(used.kind === 'list' && written.kind === 'list');
    const [of, from] = [used.items[0].span, written.items[0].span];
    assert.equal(text.slice(of.start, of.end), '*a');
    assert.equal(text.slice(from.start, from.end), '10');
  });

  it('adds where the text begins in its file to every place', () => {
    const { value, problems } = readYaml('a: 1\na: 2\nb: [', { start: 100 });
    assert.equal(member(value, 'a').span.start, 108);
    assert.ok(problems.every(({ span }) => 100 <= span.start && span.end <= 114));
    assert.ok(problems.some(({ message, span }) => message === '`a` is given twice' && span.start === 105));
  });
});
