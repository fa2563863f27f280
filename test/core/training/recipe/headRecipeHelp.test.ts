import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { headRecipeCursorContext, headRecipeKeyAt } from '../../../../src/core/training/recipe/headRecipeCursor';
import { headRecipePlaceAt } from '../../../../src/core/training/recipe/headRecipePlaces';
import { headRecipeSchema } from '../../../../src/core/training/recipe/headRecipeSchema';
import { isHeadRecipe, isHeadRecipeName } from '../../../../src/core/training/recipe/isHeadRecipe';
import { parseHeadRecipe } from '../../../../src/core/training/recipe/parseHeadRecipe';
import { headRecipeTexts } from './headRecipeTexts';

/** What may be written where the text has a bar. */
function suggestions(text: string): unknown {
  const offset = text.indexOf('|');
  const context = headRecipeCursorContext(text.replace('|', ''), offset);
  if (context === null) return null;
  switch (context.kind) {
    case 'key':
      return Object.keys(context.keys).filter((key) => !context.taken.has(key));
    case 'word':
      return context.words;
    case 'item':
    case 'value':
      return [context.kind, context.path.at(-1)];
    default:
      return context.kind;
  }
}

describe('help in a head recipe', () => {
  it('has the JSON schema that the table of keys gives', () => {
    const kept: unknown = JSON.parse(readFileSync('media/schemas/headRecipe.schema.json', 'utf8'));
    assert.deepEqual(kept, headRecipeSchema());
  });

  it('knows a recipe by its name, or by what stands at its top', () => {
    for (const name of ['a.head.yml', 'b/c.head.yaml', 'C:\\m\\A.HEAD.YML']) assert.ok(isHeadRecipeName(name), name);
    for (const name of ['head.yml', 'a.yml', 'ahead.yml']) assert.ok(!isHeadRecipeName(name), name);
    for (const text of [...headRecipeTexts, 'preference:\nmodel: x', '\'model\': a\n"objectives": []']) {
      assert.ok(isHeadRecipe(text), text);
    }
    for (const text of [
      '',
      'model: x',
      'objectives: []',
      'a:\n  model: x\n  objectives: []',
      '# model: x\n# preference:',
    ]) {
      assert.ok(!isHeadRecipe(text), text);
    }
  });

  it('explains every key of the table where it stands', () => {
    const [text] = headRecipeTexts;
    const explain = (part: string): string => headRecipeKeyAt(text, text.indexOf(part) + 1)?.spec.description ?? '';
    assert.match(explain('pooling'), /hidden states/);
    assert.match(explain('layer:'), /After how many layers/);
    assert.match(explain('label:'), /Where the label comes from/);
    assert.match(explain('learning_rate'), /half cosine/);
    assert.equal(explain('starter'), '');
  });

  it('suggests the keys of the place, without those that exclude each other', () => {
    const root = suggestions('name: a\nobjectives: []\n|') as string[];
    assert.ok(root.includes('gate') && !root.includes('preference') && !root.includes('name'), root.join());
    const other = suggestions('preference: {}\n|') as string[];
    assert.ok(other.includes('semi_supervised') && !other.includes('gate'), other.join());
    assert.deepEqual(suggestions('pooling: { place: last, |'), ['layer']);
    assert.deepEqual(suggestions('ratings:\n  split:\n    |'), ['validation', 'folds']);
    assert.deepEqual(suggestions('ratings:\n  split: { folds: 5, |'), []);
    assert.deepEqual(suggestions('objectives:\n  - name: a\n    label: { field: x, |'), ['values']);
    assert.deepEqual(suggestions('objectives:\n  - name: a\n    compute: log_tokens\n    |'), [
      'data',
      'scale',
      'description',
    ]);
  });

  it('suggests words, and tells where names are asked for', () => {
    assert.deepEqual(suggestions('pooling:\n  place: |'), ['last', 'mean']);
    assert.deepEqual(suggestions('objectives:\n  - { name: a, kind: |'), ['yes_no', 'rating']);
    assert.deepEqual(suggestions('objectives:\n  - { name: a, data: |'), ['value', 'data']);
    assert.deepEqual(suggestions('objectives:\n  |'), ['item', 'objectives']);
    assert.deepEqual(suggestions('model: |'), ['value', 'model']);
    assert.deepEqual(suggestions('ratings:\n  refit: |'), ['training', 'all']);
    assert.equal(suggestions('# mod|'), null);
  });

  it('finds what stands at a place', () => {
    const [text] = headRecipeTexts;
    const { places } = parseHeadRecipe(text);
    const kindAt = (part: string): string | undefined => headRecipePlaceAt(places, text.indexOf(part) + 1)?.kind;
    assert.equal(kindAt('toxicity.jsonl'), 'file');
    assert.equal(kindAt('starter'), 'model');
    assert.equal(kindAt('ratings.engagingness'), 'field');
    assert.equal(kindAt('objectives:'), undefined);
  });
});
