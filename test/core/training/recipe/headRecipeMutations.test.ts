import assert from 'node:assert/strict';
import type { HeadRecipe } from '../../../../src/core/training/recipe/headRecipe';
import { headRecipeCursorContext, headRecipeKeyAt } from '../../../../src/core/training/recipe/headRecipeCursor';
import { headRecipePlaceAt } from '../../../../src/core/training/recipe/headRecipePlaces';
import { parseHeadRecipe } from '../../../../src/core/training/recipe/parseHeadRecipe';
import { mutationCount } from '../../../fixtures/mutateBytes';
import { seededRandom, type SeededRandom } from '../../../fixtures/seededRandom';
import { headRecipeTexts } from './headRecipeTexts';

/** A mutation that takes longer than this has no bound; a busy machine is given its time. */
const maxMilliseconds = 5000;

const telling: readonly string[] = [
  ...'{ } [ ] : , - # | > \' " ! ? & * << ~ null true .nan 1e999 -1 0 0.5 1e-9 0x10 99999999999999999999'.split(' '),
  ...[
    '&a ',
    '*a',
    '*one',
    '<<: *one',
    '\t',
    '  ',
    '\n',
    '\r\n',
    '\n---\n',
    '\n  - ',
    ': ',
    '- ',
    '\0',
    '\uFEFF',
    '\uD800',
    '😀',
  ],
  ...'__proto__ constructor name model data files group objectives preference gate label values field kind scale'.split(
    ' ',
  ),
  ...'exchanged shuffled chosen yes_no rating log_tokens mean final never folds validation terms checks card d e'.split(
    ' ',
  ),
];

function mutate(text: string, random: SeededRandom): string {
  let result = text;
  for (let change = 1 + random.below(3); 0 < change; change -= 1) {
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
        const other = headRecipeTexts[random.below(headRecipeTexts.length)] ?? '';
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

describe('mutated head recipes', () => {
  it(`never throw, point into their text, and are refused or whole (${mutationCount} of them)`, function () {
    this.timeout(mutationCount * 500);
    const random = seededRandom(20261122);
    let read = 0;
    for (let count = 0; count < mutationCount; count += 1) {
      const text = mutate(headRecipeTexts[count % headRecipeTexts.length] ?? '', random);
      const start = performance.now();
      const { recipe, problems, places } = parseHeadRecipe(text);
      for (const { span, message } of [
        ...problems,
        ...places.map(({ span: at, kind }) => ({ span: at, message: kind })),
      ]) {
        const isInside = 0 <= span.start && span.start <= span.end && span.end <= text.length;
        assert.ok(isInside, `mutation ${count}: ${message} at ${span.start} to ${span.end} of ${text.length}`);
      }
      const isFaulty = problems.some(({ severity }) => severity === 'error');
      assert.equal(recipe === null, isFaulty, `mutation ${count}:\n${text}`);
      if (recipe !== null) {
        assertWhole(recipe, `mutation ${count}:\n${text}`);
        read += 1;
      }
      if (count % 10 === 0) {
        const offset = random.below(text.length + 1);
        const from = headRecipeCursorContext(text, offset)?.start ?? offset;
        assert.ok(0 <= from && from <= offset, text);
        headRecipeKeyAt(text, offset);
        headRecipePlaceAt(places, offset);
      }
      const taken = performance.now() - start;
      assert.ok(taken < maxMilliseconds, `mutation ${count} took ${taken} ms`);
    }
    assert.ok(mutationCount / 25 < read, `only ${read} are recipes at all`);
  });
});

/** Everything that a trainer relies on. */
function assertWhole(recipe: HeadRecipe, what: string): void {
  const { objectives, preference, gate, verbosity, semiSupervised, checks, ratings, data } = recipe;
  const names = new Set(data.map(({ name }) => name));
  assert.ok(recipe.name !== '' && recipe.model !== '', what);
  assert.ok(
    data.every(({ files }) => 0 < files.length),
    what,
  );
  assert.equal(objectives.length === 0, preference !== null, what);
  for (const { kind, data: of, label, compute, scale } of objectives) {
    const isComputed = kind === 'computed';
    assert.ok(
      isComputed === (compute !== null) && isComputed === (label === null) && isComputed === (of === null),
      what,
    );
    assert.ok(of === null || names.has(of), what);
    assert.ok(scale === null || scale.min < scale.max, what);
    if (label?.kind === 'field')
      assert.ok(label.field !== '' && Object.values(label.values ?? {}).every(Number.isFinite), what);
  }
  const named = [
    ...(gate?.data ?? []),
    ...(preference?.data ?? []),
    ...(semiSupervised?.data ?? []),
    ...checks.map((check) => check.data),
  ];
  assert.ok(
    named.every((name) => names.has(name)),
    what,
  );
  assert.ok(verbosity === null || objectives.some(({ name }) => name === verbosity.objective), what);
  assert.ok(verbosity === null || verbosity.data !== null || gate !== null, what);
  for (const stage of [gate, preference, semiSupervised]) assert.ok(stage === null || 0 < stage.data.length, what);
  const numbers = [
    ...ratings.penalties,
    ...(gate?.hidden ?? []),
    ...(verbosity?.grid ?? []),
    recipe.seed,
    recipe.maxTokens ?? 1,
  ];
  assert.ok(numbers.every(Number.isFinite) && 0 < ratings.penalties.length, what);
  for (const { objective, label } of checks) assert.equal(objective === null, label === null, what);
}
