import assert from 'node:assert/strict';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { recipeCursorContext, recipeKeyAt } from '../../../../src/core/merging/recipe/recipeCursor';
import { recipePlaceAt } from '../../../../src/core/merging/recipe/recipePlace';
import { mutationCount } from '../../../fixtures/mutateBytes';
import { seededRandom, type SeededRandom } from '../../../fixtures/seededRandom';
import { recipeTexts } from './recipeTexts';

/** A mutation that takes longer than this has no bound; a busy machine is given its time. */
const maxMilliseconds = 5000;

const telling: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '-',
    '#',
    '&a ',
    '*a',
    '*pair',
    '<<: *pair',
    '|',
    '>',
    "'",
    '"',
    '!',
    '?',
    '\t',
    '  ',
  ],
  ...[
    '\n',
    '\r\n',
    '\n---\n',
    '\n...\n',
    '\n  - ',
    ': ',
    '- ',
    '\0',
    '\uFEFF',
    '\uD800',
    '😀',
    '__proto__',
    'constructor',
  ],
  ...['1e999', '-1', '.nan', '1e-9', '0x10', '99999999999999999999', 'null', 'true', 'yes', '~', '[[[[[[', '{{{{{{'],
  ...[
    'model',
    'models',
    'slices',
    'sources',
    'modules',
    'parameters',
    'filter',
    'value',
    'weight',
    'density',
    'layer_range',
  ],
  ...['slerp', 'linear', 'ties', 'passthrough', 'base_model', 'name', 'halfway', 'union', 'a@b', 'a+b', '@', '+'],
];

function mutate(text: string, random: SeededRandom): string {
  let result = text;
  for (let change = 1 + random.below(5); 0 < change; change -= 1) {
    const at = random.below(result.length + 1);
    const length = random.below(30);
    const piece = telling[random.below(telling.length)] ?? '';
    switch (random.below(6)) {
      case 0:
        result = result.slice(0, at) + result.slice(at + length);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(at, at + length).repeat(1 + random.below(40)) + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + piece.repeat(1 + random.below(100)) + result.slice(at);
        break;
      case 3: {
        const other = recipeTexts[random.below(recipeTexts.length)] ?? '';
        const from = random.below(other.length);
        result = result.slice(0, at) + other.slice(from, from + random.below(150)) + result.slice(at + length);
        break;
      }
      default:
        result = result.slice(0, at) + piece + result.slice(at + random.below(3));
    }
  }
  return result;
}

describe('mutated merge recipes', () => {
  it(`never throw, point into their text, and are refused or whole (${mutationCount} of them)`, function () {
    this.timeout(mutationCount * 500);
    const random = seededRandom(20261122);
    let read = 0;
    for (let count = 0; count < mutationCount; count += 1) {
      const text = mutate(recipeTexts[count % recipeTexts.length] ?? '', random);
      const start = performance.now();
      const { recipes, problems } = parseMergeRecipe(text);
      for (const { span, message } of problems) {
        const isInside = 0 <= span.start && span.start <= span.end && span.end <= text.length;
        assert.ok(isInside, `mutation ${count}: ${message} at ${span.start} to ${span.end} of ${text.length}`);
      }
      if (recipes.length === 0) {
        assert.ok(
          problems.some(({ severity }) => severity === 'error'),
          `mutation ${count} is not read, and nobody knows why:\n${text}`,
        );
      } else {
        read += 1;
      }
      for (const { modules, parameters } of recipes) {
        assert.ok(
          modules.every(({ slices }) => 0 < slices.length && slices.every(({ sources }) => 0 < sources.length)),
        );
        for (const { rules } of parameters.values()) {
          for (const { value } of rules) {
            const numbers = typeof value === 'object' ? value : [Number(value)];
            assert.ok(0 < numbers.length && numbers.every(Number.isFinite), `mutation ${count}`);
          }
        }
      }
      if (count % 10 === 0) {
        const offset = random.below(text.length + 1);
        const from = recipeCursorContext(text, offset)?.start ?? offset;
        assert.ok(0 <= from && from <= offset, text);
        recipeKeyAt(text, offset);
        recipePlaceAt(recipes, offset);
      }
      const taken = performance.now() - start;
      assert.ok(taken < maxMilliseconds, `mutation ${count} took ${taken} ms`);
    }
    assert.ok(mutationCount / 20 < read, `only ${read} are recipes at all`);
  });
});
