import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseHeadRecipe } from '../../src/core/training/recipe/parseHeadRecipe';
import { readTrainingData } from '../../src/engine/training/readTrainingData';
import { packageRoot } from '../../src/engine/checkpoint/starterFile';
import { complianceRows, writtenRows } from '../../scripts/starter/writtenRows';
import { quietContext } from '../fixtures/quietContext';
import { sharedFolder } from '../fixtures/sharedFolder';

const folder = resolve(packageRoot(), 'scripts/starter');

describe('the text of the compliance meter', () => {
  const rows = complianceRows(join(folder, 'text'));

  it('holds a few hundred answers and as many refusals', () => {
    const answers = rows.filter(({ complies }) => complies === 1).length;
    assert.ok(200 <= answers && 200 <= rows.length - answers, `${answers} of ${rows.length}`);
  });

  it('has no prompt in two groups, and both labels for almost every prompt', () => {
    const groupOfPrompt = new Map<string, string>();
    const labelsOfPrompt = new Map<string, Set<number>>();
    for (const { messages, complies, group } of rows) {
      const prompt = messages[0].content;
      assert.equal(groupOfPrompt.get(prompt) ?? group, group, prompt);
      groupOfPrompt.set(prompt, group);
      labelsOfPrompt.set(prompt, (labelsOfPrompt.get(prompt) ?? new Set()).add(complies));
    }
    assert.ok([...labelsOfPrompt.values()].every((labels) => labels.size === 2));
  });

  it('leaves no place of a phrase unfilled', () => {
    const responses = rows.map(({ messages }) => messages[1].content);
    assert.deepEqual(
      responses.filter((response) => /\{\w+\}|undefined/.test(response)),
      [],
    );
  });

  it('is what the files of rows hold, as the answers are: `npm run rows:starter` writes them', () => {
    for (const [name, text] of Object.entries(writtenRows(folder))) {
      assert.ok(
        readFileSync(join(folder, 'rows', `${name}.jsonl`), 'utf8') === text,
        `rows/${name}.jsonl is out of date`,
      );
    }
  });
});

describe("the recipe of the starter's meters", () => {
  const { recipe, problems } = parseHeadRecipe(readFileSync(join(folder, 'starter.head.yml'), 'utf8'));

  it('has neither errors nor warnings', () => {
    assert.deepEqual(
      problems.filter(({ severity }) => severity !== 'information'),
      [],
    );
    assert.ok(recipe !== null);
  });

  it('finds its labels in the public rows', async function () {
    const data = sharedFolder('data/starter');
    if (data === null || recipe === null) return this.skip();
    const { rated, checks } = await readTrainingData({ recipe, folders: [folder, data] }, quietContext());
    for (const { objective, texts } of rated) assert.ok(300 <= texts.length, `${objective}: ${texts.length}`);
    for (const { check, texts } of checks) assert.ok(20 <= texts.length, `${check.name}: ${texts.length}`);
  });
});
