import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseHeadRecipe } from '../../../src/core/training/recipe/parseHeadRecipe';
import { readDataFields } from '../../../src/engine/training/readDataFields';
import { readTrainingData } from '../../../src/engine/training/readTrainingData';
import {
  headRecipeText,
  offeredObjectives,
  type NamedData,
  type NewHeadRecipe,
} from '../../../src/extension/training/headRecipeText';
import { quietContext } from '../../fixtures/quietContext';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const signal = new AbortController().signal;

describe('a new recipe from data files', () => {
  const folder = useTemporaryFolder();

  function write(name: string, rows: readonly object[]): string {
    const path = join(folder(), name);
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return path;
  }

  const singles = (): string =>
    write(
      'my rows.jsonl',
      Array.from({ length: 30 }, (_, index) => ({
        prompt: `What is number ${index}?`,
        response: `It is the number ${index}, said with some words more than eight of them, ${index % 7}.`,
        polite: index % 2 === 0,
        verdict: index % 3 === 0 ? 'refused' : 'answered',
        ratings: { stars: 1 + (index % 5), same: 3 },
        note: 'x'.repeat(500),
        annotator: `person ${index}`,
      })),
    );
  const pairs = (): string =>
    write(
      'pairs.jsonl',
      Array.from({ length: 20 }, (_, index) => ({
        prompt: `p ${index}`,
        chosen: `a ${index}`,
        rejected: `b ${index}`,
      })),
    );

  async function namedData(files: readonly string[]): Promise<readonly NamedData[]> {
    const fields = await readDataFields({ files, rows: 1000 }, { signal });
    return fields.map((read, index) => ({ name: `data_${index}`, file: basename(read.path), fields: read }));
  }

  it('knows the fields that may be labels, with their counts, ranges and values', async () => {
    const [read] = await readDataFields({ files: [singles()], rows: 1000 }, { signal });
    assert.ok(read !== undefined && read.error === null);
    assert.deepEqual([read.rows, read.singles, read.pairs, read.unreadable], [30, 30, 0, 0]);
    const byPath = new Map(read.fields.map((field) => [field.path, field]));
    assert.deepEqual([...byPath.keys()], ['polite', 'verdict', 'ratings.stars', 'ratings.same', 'annotator']);
    assert.deepEqual(byPath.get('ratings.stars')?.range, { min: 1, max: 5 });
    assert.deepEqual(byPath.get('polite')?.values, ['true', 'false']);
    assert.equal(byPath.get('polite')?.numeric, 30);
    assert.equal(byPath.get('verdict')?.range, null);
  });

  it('looks at no more rows than asked, and tells what is wrong with a file beside the others', async () => {
    const missing = join(folder(), 'missing.jsonl');
    const [read, gone] = await readDataFields({ files: [singles(), missing], rows: 7 }, { signal });
    assert.equal(read?.rows, 7);
    assert.match(gone?.error?.message ?? '', /missing\.jsonl/);
  });

  it('offers what can be learnt, and no field that is constant, free text, or in few rows', async () => {
    const offered = offeredObjectives(await namedData([singles(), pairs()]));
    assert.deepEqual(
      offered.map(({ kind, name }) => `${kind} ${name}`),
      [
        'field polite',
        'field verdict',
        'field stars',
        'exchanged on-topic',
        'shuffled fluency',
        'preference preference',
        'exchanged on-topic 2',
        'shuffled fluency 2',
        'computed verbosity',
      ],
    );
    const [, verdict] = offered;
    assert.deepEqual(verdict?.kind === 'field' && verdict.label, { kind: 'words', no: 'refused', yes: 'answered' });
  });

  it('is one that can be read, and whose data can be', async () => {
    const data = await namedData([singles(), pairs()]);
    const offered = offeredObjectives(data);
    const choices: readonly NewHeadRecipe['objectives'][] = [
      offered,
      offered.filter(({ kind }) => kind === 'preference'),
      offered.filter(({ name }) => name === 'stars'),
      offered.filter(({ name }) => name === 'verdict' || name === 'polite'),
    ];
    for (const objectives of choices) {
      const text = headRecipeText({ name: 'true: # a "name"', model: 'org/model', data, objectives });
      const { recipe, problems } = parseHeadRecipe(text);
      assert.deepEqual(
        problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
        [],
        text,
      );
      assert.equal(recipe?.name, 'true: # a "name"');
      const isPreference = objectives.every(({ kind }) => kind === 'preference');
      assert.equal(recipe?.preference !== null, isPreference);
      assert.equal(recipe?.gate !== null, objectives === offered);
    }
  });

  it('learns from the rows that it was made from', async () => {
    const data = await namedData([singles()]);
    const objectives = offeredObjectives(data).filter(({ name }) => ['stars', 'verdict'].includes(name));
    const { recipe } = parseHeadRecipe(headRecipeText({ name: 'mine', model: 'starter', data, objectives }));
    assert.ok(recipe !== null);
    const { rated } = await readTrainingData({ recipe, folders: [folder()] }, quietContext());
    assert.deepEqual(
      rated.map(({ objective, texts }) => [objective, texts.length]),
      [
        ['verdict', 30],
        ['stars', 30],
      ],
    );
    const verdicts = rated[0]?.texts.map(({ target }) => target) ?? [];
    assert.deepEqual(verdicts.slice(0, 4), [0, 1, 1, 0]);
  });
});
