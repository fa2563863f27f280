import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeadFile } from '../../../src/core/checkpoint/writeHeadFile';
import type { RewardModelDescription } from '../../../src/core/reward/rewardModelDescription';
import type { HeadEvaluation } from '../../../src/core/training/evaluation/headEvaluation';
import { spearman } from '../../../src/core/training/evaluation/rankMetrics';
import { loadHeadFile } from '../../../src/engine/checkpoint/loadHeadFile';
import { openDataInputs } from '../../../src/engine/promptFile/dataInput';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { listBreakdowns, scoreRows } from '../../../src/engine/reward/scoreRows';
import { evaluateHead, type EvaluateHeadParams } from '../../../src/engine/training/evaluateHead';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { writeTinyModel } from '../../fixtures/tinyModel';

describe('evaluateHead', function () {
  this.timeout(60_000);
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const run = { device: 'cpu', dtype: 'f32' } as const;

  function write(rows: readonly unknown[]): string {
    const path = join(folder(), 'rows.jsonl');
    writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''));
    return path;
  }

  function writeModel(): string {
    const model = join(folder(), 'model');
    writeTinyModel({ folder: model });
    return model;
  }

  function evaluate(rows: readonly unknown[], params: Partial<EvaluateHeadParams> = {}): Promise<HeadEvaluation> {
    return evaluateHead({ head: writeModel(), inputs: [write(rows)], ...run, ...params }, quietContext());
  }

  const pair = (index: number): Readonly<Record<string, unknown>> => ({
    prompt: `Question ${index}`,
    chosen: `An answer with ${index * 7} words`,
    rejected: `${index} times no`,
    subset: index % 3 === 0 ? 'third' : 'rest',
  });
  const rated = (index: number): Readonly<Record<string, unknown>> => ({
    prompt: `Question ${index}`,
    response: `Answer ${'word '.repeat(index % 5)}${index}`,
    brief: (index * 7) % 11,
  });
  const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
    Array.from({ length: count }, (_, index) => make(index));

  it('gives the accuracy that the scores of the pairs have, by subset too', async () => {
    const { rows, errors, pairs, objectives } = await evaluate(many(30, pair));
    const model = await openRewardModel({ reference: join(folder(), 'model'), ...run }, quietContext());
    const [input] = await openDataInputs({ paths: [join(folder(), 'rows.jsonl')] });
    const margins: number[] = [];
    const inputRows = input.rows({ signal: new AbortController().signal });
    for await (const scored of scoreRows({ model, rows: inputRows, options: {} }, quietContext())) {
      const [chosen, rejected] = listBreakdowns(scored);
      margins.push(chosen.score - rejected.score);
    }
    await model.release();
    const right = (list: readonly number[]): number => list.filter((margin) => 0 < margin).length / list.length;
    assert.deepEqual([rows, errors, objectives], [30, 0, []]);
    assert.equal(pairs?.n, 30);
    assert.equal(pairs.accuracy, right(margins));
    assert.deepEqual(
      pairs.subsets.map(({ name, n, accuracy }) => [name, n, accuracy]),
      [
        ['third', 10, right(margins.filter((_, index) => index % 3 === 0))],
        ['rest', 20, right(margins.filter((_, index) => index % 3 !== 0))],
      ],
    );
  });

  it('correlates an objective with the field of its name, and the score where it is told what it should be', async () => {
    const rows = many(24, rated);
    const { objectives } = await evaluate(rows, { labels: { score: 'brief' } });
    const model = await openRewardModel({ reference: join(folder(), 'model'), ...run }, quietContext());
    const values: number[][] = [];
    const [input] = await openDataInputs({ paths: [join(folder(), 'rows.jsonl')] });
    const inputRows = input.rows({ signal: new AbortController().signal });
    for await (const scored of scoreRows({ model, rows: inputRows, options: {} }, quietContext())) {
      const [{ objectives: parts, score }] = listBreakdowns(scored);
      values.push([parts.find(({ name }) => name === 'brief')?.reward ?? NaN, score]);
    }
    await model.release();
    const labels = rows.map((row) => Number(row['brief']));
    assert.deepEqual(
      objectives.map(({ objective, metric, n }) => [objective, metric, n]),
      [
        ['brief', 'Spearman', 24],
        ['score', 'Spearman', 24],
      ],
    );
    objectives.forEach(({ value }, column) => {
      const expected = spearman(
        values.map((row) => row[column]),
        labels,
      );
      assert.ok(Math.abs(value - expected) < 1e-12);
    });
  });

  it('takes a yes/no label from a word of a field, and counts errors by identity term from one half on', async () => {
    const model = writeModel();
    const head = join(folder(), 'head.safetensors');
    writeTinyHead({ file: head });
    const rows = many(20, (index) => ({
      prompt: `Question ${index}`,
      response: `${index % 4 < 2 ? 'Old people' : 'They'} say ${'so '.repeat(index)}`,
      verdict: { said: index % 2 === 0 ? 'good' : 'bad' },
    }));
    const params = { head, model, labels: { fluency: 'verdict.said=good' } } as const;
    const { objectives } = await evaluate(rows, {
      ...params,
      groups: { kind: 'terms', terms: ['old people', 'they'] },
    });
    assert.deepEqual(
      objectives.map(({ objective, metric, n, threshold }) => [objective, metric, n, threshold]),
      [['fluency', 'AUC', 20, 0.5]],
    );
    assert.deepEqual(
      objectives[0]?.groups.map(({ group, negatives, positives }) => [group, negatives, positives]),
      [
        ['old people', 5, 5],
        ['they', 5, 5],
      ],
    );
    const always = await evaluate(rows, { ...params, threshold: 0, groups: { kind: 'field', field: 'verdict.said' } });
    assert.deepEqual(
      always.objectives[0]?.groups.map(({ group, falsePositiveRate, falseNegativeRate }) => [
        group,
        falsePositiveRate,
        falseNegativeRate,
      ]),
      [
        ['bad', 1, null],
        ['good', null, 0],
      ],
    );
  });

  it('says why there are no errors by group although they were asked for', async () => {
    const groups = { kind: 'terms', terms: ['nobody'] } as const;
    const warnings = async (
      make: (index: number) => unknown,
      params: Partial<EvaluateHeadParams> = {},
    ): Promise<string> => (await evaluate(many(12, make), { groups, ...params })).warnings.join('; ');
    const yesNo = (index: number): unknown => ({ ...rated(index), brief: index % 2 === 0 });
    assert.match(await warnings(rated), /brief: ratings have no errors to count by group/);
    assert.match(await warnings(yesNo), /brief: without a threshold there are no errors/);
    assert.match(await warnings(yesNo, { threshold: 0.5 }), /brief: no row is in a group/);
    assert.match(await warnings(pair), /no row has a label, so there are no errors/);
  });

  it('counts what it does not use, and says so: bad rows, rows without labels, lists, labels that are no numbers', async () => {
    const { rows, errors, objectives, warnings } = await evaluate([
      ...many(6, rated),
      { prompt: 'Hi', response: 'No label here' },
      { ...rated(9), brief: 'very' },
      { prompt: 'Hi', responses: ['a', 'b'] },
      { prompt: 'Hi', chosen: 'x' },
      '{"prompt": ',
    ]);
    assert.deepEqual([rows, errors, objectives[0]?.n], [11, 2, 6]);
    const text = warnings.join('\n');
    assert.match(text, /^2 rows could not be scored; the first: .*rows\.jsonl: row 10: `rejected` is missing$/m);
    assert.match(text, /^1 row with lists of responses is not looked at$/m);
    assert.match(text, /^2 rows without a label are not looked at$/m);
    assert.match(text, /^brief: in 1 row the label is no number$/m);
    assert.match(text, /^brief: 6 rows are too few to tell/m);
  });

  it('takes rows of one group as dependent, and rows with the one prompt of a file as independent', async () => {
    const widthOf = async (rows: readonly unknown[]): Promise<number> => {
      const { pairs } = await evaluate(rows);
      return (pairs?.interval.high ?? NaN) - (pairs?.interval.low ?? NaN);
    };
    const alone = await widthOf(many(24, pair));
    const grouped = await widthOf(
      many(24, (index) => ({ ...pair(Math.floor(index / 6)), group: Math.floor(index / 6) })),
    );
    const samePrompt = await widthOf(many(24, (index) => ({ ...pair(index), prompt: 'Say something' })));
    assert.ok(1.2 * alone < grouped, `${alone}, ${grouped}`);
    assert.ok(samePrompt < 0.45, `${samePrompt}`);
  });

  it('says which model it is before the first row', async () => {
    const opened: RewardModelDescription[] = [];
    await evaluate(many(2, pair), { onModel: (description) => void opened.push(description) });
    assert.deepEqual(
      opened.map(({ objectives }) => objectives.map(({ name }) => name)),
      [['helpful', 'brief']],
    );
  });

  it('cuts long texts as in training, and refuses them where the user says how many tokens there may be', async () => {
    const model = writeModel();
    const head = join(folder(), 'head.safetensors');
    writeTinyHead({ file: head });
    const rows = [...many(4, rated), { prompt: 'word '.repeat(100), response: 'Hello', warmth: 3 }];
    const labelled = rows.map((row, index) => ({ ...row, warmth: index }));
    const { errors } = await evaluate(labelled, { head, model, maxTokens: 60 });
    assert.equal(errors, 1);
    const cut = await evaluate(labelled, { head, model, maxTokens: 60, truncate: true });
    assert.deepEqual([cut.errors, cut.objectives[0]?.n], [0, 5]);
    const { metadata, ...weights } = await loadHeadFile(head);
    const trained = { ...metadata, body: { ...metadata.body, maxTokens: 60 } };
    writeFileSync(head, writeHeadFile({ ...weights, metadata: trained }));
    const asTrained = await evaluate(labelled, { head, model });
    assert.deepEqual([asTrained.errors, asTrained.objectives], [0, cut.objectives]);
  });

  it('refuses what cannot be evaluated, and says what to do', async () => {
    const typo = await rejects(() => evaluate([rated(1)], { labels: { breif: 'x' } }), 'usage', /no objective breif/);
    assert.equal(typo.hint, 'did you mean brief?');
    const unlabelled = await rejects(() => evaluate([{ prompt: 'Hi', response: 'Ho' }]), 'row', /has a label/);
    assert.match(unlabelled.hint ?? '', /--label OBJECTIVE=FIELD; the objectives are helpful, brief/);
    await rejects(() => evaluate([{ prompt: 'Hi', chosen: '' }]), 'row', /no row could be scored: .*rejected/);
    await rejects(() => evaluate([]), 'row', /there are no rows/);
    await rejects(() => evaluate([rated(1)], { model: 'starter' }), 'usage', /is a whole model/);
    await rejects(() => evaluate([rated(1)], { head: join(folder(), 'nothing') }), 'not_found');
    await rejects(() => evaluate([rated(1)], { inputs: [join(folder(), 'none.jsonl')] }), 'not_found');
    const file = join(folder(), 'head.safetensors');
    writeTinyHead({ file });
    await rejects(() => evaluate([rated(1)], { head: file }), 'usage', /does not say where its body is/);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const params = { head: writeModel(), inputs: [write(many(200, pair))], ...run, onModel: () => abort.abort() };
    await rejects(() => evaluateHead(params, quietContext(abort.signal)), 'cancelled');
  });
});
