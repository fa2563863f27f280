import assert from 'node:assert/strict';
import { FormatError } from '../../../src/core/formatError';
import { parseSafetensorsIndex, whyPathLeavesFolder } from '../../../src/core/checkpoint/parseSafetensorsIndex';
import { mutateBytes, mutationCount } from '../../fixtures/mutateBytes';
import { seededRandom } from '../../fixtures/seededRandom';

const index = {
  metadata: { total_size: 120 },
  weight_map: {
    'model.a': 'model-00001-of-00002.safetensors',
    'model.b': 'model-00002-of-00002.safetensors',
    c: 'sub/x.safetensors',
  },
};

describe('parseSafetensorsIndex', () => {
  it('keeps tensors and files in the order of the index', () => {
    const { weightMap, files } = parseSafetensorsIndex(JSON.stringify(index), 'index.json');
    assert.deepEqual(Object.fromEntries(weightMap), index.weight_map);
    assert.deepEqual(files, Object.values(index.weight_map));
  });

  const leaving = [
    '../model.safetensors',
    'a/../../b',
    '/etc/passwd',
    '\\\\server\\share\\x',
    'a\\b.safetensors',
    'C:x.safetensors',
    'c:/x.safetensors',
    'x.safetensors:stream',
    'a\0b',
    'a\nb',
    '',
    '.',
    '..',
    'a//b',
    './a',
    'a/.',
    'a/.. /b',
    '.../x',
  ];
  for (const path of leaving) {
    it(`refuses the path ${JSON.stringify(path)}`, () => {
      assert.notEqual(whyPathLeavesFolder(path), null);
      const text = JSON.stringify({ weight_map: { t: path } });
      assert.throws(() => parseSafetensorsIndex(text, 'index.json'), FormatError);
    });
  }

  it('refuses a tensor named twice, a map that is not one, and none', () => {
    const broken = [
      '{"weight_map":{"a":"x","a":"y"}}',
      '{"weight_map":[]}',
      '{"weight_map":{"a":1}}',
      '{}',
      '[]',
      '{"weight_map":{}} x',
    ];
    for (const text of broken) assert.throws(() => parseSafetensorsIndex(text, 'index.json'), FormatError, text);
  });

  it('refuses every truncation', () => {
    const text = JSON.stringify(index);
    for (let length = 0; length < text.length; length++) {
      assert.throws(() => parseSafetensorsIndex(text.slice(0, length), 'index.json'), FormatError);
    }
  });

  it(`gives a format error or what JSON.parse gives after each of ${mutationCount} mutations`, () => {
    const random = seededRandom(2);
    const original = new TextEncoder().encode(JSON.stringify(index));
    for (let i = 0; i < mutationCount; i++) {
      const bytes = mutateBytes(original, random);
      try {
        const { weightMap } = parseSafetensorsIndex(bytes, 'index.json');
        const expected = (JSON.parse(new TextDecoder().decode(bytes)) as typeof index).weight_map;
        assert.deepEqual(Object.fromEntries(weightMap), expected);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }
  });
});
