import assert from 'node:assert/strict';
import {
  checkRecipeData,
  type RecipeFile,
  type RecipeFileRows,
} from '../../../../src/core/training/recipe/checkRecipeData';
import { parseHeadRecipe } from '../../../../src/core/training/recipe/parseHeadRecipe';

const text = `name: n
model: m
data: { d: [a.jsonl, b.jsonl], p: p.jsonl }
objectives:
  - { name: one, data: d, label: { field: lable, values: { good: 1, bda: 0 } } }
  - { name: two, data: d, label: score }
gate: { data: p }
`;

const rows: RecipeFileRows = {
  rows: 10,
  pairs: 0,
  hasMore: false,
  fields: [
    { path: 'label', values: ['good', 'bad'], isComplete: true },
    { path: 'score', values: ['1', '2'], isComplete: true },
  ],
  found: [
    { path: 'lable', count: 0 },
    { path: 'score', count: 10 },
  ],
};

function problems(recipe: string, a: RecipeFile, b: RecipeFile, p: RecipeFile): readonly string[] {
  const files = new Map([
    ['d', new Map([...Object.entries({ 'a.jsonl': a, 'b.jsonl': b })])],
    ['p', new Map([['p.jsonl', p]])],
  ]);
  return checkRecipeData(parseHeadRecipe(recipe).places, files).map(({ code, severity, message, suggestion, span }) =>
    [code, severity, recipe.slice(span.start, span.end), message, suggestion ?? ''].join(' | '),
  );
}

const read = (changes: Partial<RecipeFileRows> = {}): RecipeFile => ({ kind: 'read', ...rows, ...changes });

describe('checkRecipeData', () => {
  it('finds nothing where files, fields and pairs are there', () => {
    const recipe = text.replace('lable', 'label').replace('bda', 'bad');
    const found = [...rows.found, { path: 'label', count: 3 }];
    assert.deepEqual(problems(recipe, read({ found }), read(), read({ pairs: 10 })), []);
  });

  it('tells a field that no row has, and one that was probably meant', () => {
    assert.deepEqual(problems(text, read(), read(), read({ pairs: 1 })), [
      'unknown_field | error | lable | no row of `d` has `lable` | label',
    ]);
  });

  it('is less sure where there are more rows than were looked at', () => {
    assert.deepEqual(problems(text, read({ hasMore: true }), read(), read({ pairs: 0, hasMore: true })), [
      'unknown_field | warning | lable | none of the first 20 rows of `d` has `lable` | label',
      'no_pairs | warning | p | none of the first 10 rows of `p` is a pair of a chosen and a rejected response | ',
    ]);
  });

  it('tells a word that no row says, unless there are too many to know', () => {
    const recipe = text.replace('lable', 'label');
    const found = [...rows.found, { path: 'label', count: 3 }];
    const codes = problems(recipe, read({ found }), read(), read({ pairs: 1 }));
    assert.deepEqual(codes, ['unknown_value | warning | bda | no row of `d` says `bda` under `label` | bad']);
    const many = read({ found, fields: [{ path: 'label', values: ['good'], isComplete: false }] });
    assert.deepEqual(problems(recipe, many, read(), read({ pairs: 1 })), []);
  });

  it('tells files that are missing, unreadable and empty, and then nothing of their fields', () => {
    const missing: RecipeFile = { kind: 'missing', folders: ['/x', '/y'] };
    const broken: RecipeFile = { kind: 'unreadable', message: 'p.jsonl is no text' };
    assert.deepEqual(problems(text, missing, read({ rows: 0 }), broken), [
      'missing_file | error | a.jsonl | `a.jsonl` is not in /x or /y | ',
      'empty_file | error | b.jsonl | `b.jsonl` has no rows | ',
      'unreadable_file | error | p.jsonl | p.jsonl is no text | ',
    ]);
  });
});
