import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobContext } from '../../../src/core/jobContext';
import type { Message } from '../../../src/core/promptFile/message';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';
import { readTrainedReport } from '../../../src/core/training/readTrainedReport';
import type { TrainingReport, TrainingState } from '../../../src/core/training/trainingReport';
import { loadHeadFile } from '../../../src/engine/checkpoint/loadHeadFile';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { trainRecipe } from '../../../src/engine/training/trainRecipe';
import { assertClose } from '../../fixtures/assertClose';
import { onLimitedDisk } from '../../fixtures/limitedDisk';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyCausal, tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';
import { trainingRecipes, writeTrainingSet } from '../../fixtures/trainingSet';

interface Options {
  readonly name?: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly context?: JobContext;
  readonly onState?: (state: TrainingState) => void;
}

describe('trainHead', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);
  beforeEach(() => writeTrainingSet({ folder: folder() }));

  const train = (text: string, options: Options = {}): Promise<TrainingReport> => {
    const { name = 'head', resume = false, force = false, context = quietContext(), onState } = options;
    return trainRecipe(
      {
        text,
        folders: [folder()],
        output: path(`${name}.safetensors`),
        features: path('features'),
        resume,
        force,
        device: 'cpu',
        dtype: 'f32',
        threads: 1,
        onState,
        checkpointSeconds: 0,
      },
      context,
    );
  };
  const bytesOf = (name: string): readonly [string, string] => [
    readFileSync(path(`${name}.safetensors`)).toString('base64'),
    readFileSync(path(`${name}.md`), 'utf8'),
  ];
  const linesOf = (file: string): readonly string[] => readFileSync(path(file), 'utf8').trim().split('\n');
  const removeHead = (): void => ['head.safetensors', 'head.md'].forEach((name) => rmSync(path(name)));
  const listFolder = (): readonly string[] => readdirSync(folder()).sort();
  const dataNames = ['features', 'held.jsonl', 'model', 'more.jsonl', 'pairs.jsonl', 'rated.jsonl'];

  /** Margins of the pairs of a file as `alidade score` gives them. */
  async function marginsOf(head: string, file: string): Promise<readonly number[]> {
    const model = await openRewardModel(
      { reference: path('model'), headPath: path(`${head}.safetensors`), device: 'cpu', dtype: 'f32' },
      quietContext(),
    );
    try {
      const margins: number[] = [];
      for (const line of linesOf(file)) {
        const { prompt, chosen, rejected } = JSON.parse(line) as Record<'chosen' | 'rejected', string> & {
          readonly prompt: readonly Message[];
        };
        const answered = (content: string): ScorableInput => ({
          kind: 'messages',
          messages: [...prompt, { role: 'assistant', content }],
        });
        const row = { kind: 'pair', id: '', chosen: answered(chosen), rejected: answered(rejected) } as const;
        const scored = await model.scoreRow(row, {}, quietContext());
        if ('margin' in scored) margins.push(scored.margin);
      }
      return margins;
    } finally {
      await model.release();
    }
  }

  it('learns objectives, and measures them on rows that were held out beside length and words', async () => {
    const report = await train(trainingRecipes.ratings);
    const [length, warmth, stars] = report.objectives;
    assert.equal(length.kind, 'computed');
    assert.equal(warmth.metric, 'AUC');
    assert.equal(stars.metric, 'Spearman');
    assert.ok((warmth.heldOut?.value ?? 0) > 0.8, `warmth: ${warmth.heldOut?.value}`);
    assert.ok((stars.heldOut?.value ?? 0) > 0.6, `stars: ${stars.heldOut?.value}`);
    assert.ok((warmth.lengthAlone?.value ?? 1) < (warmth.heldOut?.value ?? 0));
    const { metadata } = await loadHeadFile(path('head.safetensors'));
    assert.deepEqual(
      metadata.objectives.map(({ name, kind, scale }) => [name, kind, scale]),
      [
        ['length', 'computed', { min: 0, max: 13, unit: 'log2 tokens' }],
        ['warmth', 'logistic', { min: 0, max: 1, unit: 'probability' }],
        ['stars', 'linear', { min: 1, max: 5, unit: 'stars' }],
      ],
    );
    assert.match(
      metadata.objectives[1].description ?? '',
      /^Vowels rather than consonants\. AUC \d\.\d\d on held-out rows\.$/,
    );
    assert.deepEqual(metadata.pooling, { kind: 'mean', layer: 2 });
    assert.equal(metadata.body.reference, undefined, 'a path of this machine');
    assert.equal(metadata.body.maxTokens, 128);
    assert.deepEqual(readTrainedReport(metadata)?.report, JSON.parse(JSON.stringify(report)));
    assert.deepEqual(listFolder(), [...dataNames, 'head.md', 'head.safetensors'].sort());
  });

  it('writes a head that scores as it was checked, whatever it is made of', async () => {
    for (const kind of ['verbosity', 'gate', 'preference'] as const) {
      const report = await train(trainingRecipes[kind], { name: kind });
      const pairs = report.checks[0].evaluation.pairs;
      const margins = await marginsOf(kind, 'held.jsonl');
      assert.equal(pairs?.n, margins.length, kind);
      const right = margins.filter((margin) => 0 < margin).length / margins.length;
      const brier = margins.reduce((sum, margin) => sum + (1 / (1 + Math.exp(-margin)) - 1) ** 2, 0) / margins.length;
      const found = [pairs?.accuracy ?? NaN, pairs?.calibration.brier ?? NaN];
      assertClose(found, [right, brier], { tolerance: 1e-5, what: kind });
    }
  });

  it('corrects for verbosity without a gate by the weights of the objectives', async () => {
    const report = await train(trainingRecipes.verbosity);
    const { metadata } = await loadHeadFile(path('head.safetensors'));
    const rows = report.verbosity?.rows ?? [];
    const lambdas = rows.map(({ lambda }) => lambda);
    assert.equal(lambdas[0], 1);
    // Each corrected objective takes its λ of length away, and length itself counts for nothing more.
    const expected = [-(lambdas[1] + lambdas[2]) / 3, 1 / 3, 1 / 3];
    assertClose(metadata.coefficients ?? [], expected, { tolerance: 1e-6 });
  });

  it('goes through every stage in order and tells of each, with a curve that grows', async () => {
    const states: TrainingState[] = [];
    await train(trainingRecipes.all, { onState: (state) => states.push(state) });
    const first = states[0].stages.map(({ kind }) => kind);
    assert.deepEqual(first, ['data', 'features', 'ratings', 'verbosity', 'gate', 'semiSupervised', 'checks', 'head']);
    for (const { stages } of states) {
      const words = stages.map(({ state }) => state).join(' ');
      assert.match(words, /^(done ?)*(running ?)?(waiting ?)*$/, 'stages run one after the other');
    }
    assert.ok(states.at(-1)?.stages.every(({ state }) => state === 'done'));
    const lengths = states.flatMap(({ stages, report }) =>
      stages.some(({ kind, state }) => kind === 'gate' && state === 'running') ? [report.gate?.curve.length ?? 0] : [],
    );
    assert.ok(new Set(lengths).size >= 6, `the curve was told ${lengths.join(', ')} points long`);
  });

  it('learns from pairs whose labels it does not see, and says what came of each round', async () => {
    for (const kind of ['all', 'unlabelledPreference'] as const) {
      const { semiSupervised, gate, preference } = await train(trainingRecipes[kind], { name: kind });
      assert.equal(semiSupervised?.rounds.length, 3, kind);
      const last = semiSupervised.rounds.at(-1);
      assert.ok((last?.kept ?? 0) > 20, `${kind}: ${last?.kept} kept`);
      // Half of the file is the wrong way round.
      assert.ok((last?.swapped ?? 0) > 5 && (last?.agreement ?? 0) < 0.8, `${kind}: ${JSON.stringify(last)}`);
      const found = gate ?? preference;
      const best = semiSupervised.rounds.reduce((a, b) => (a.heldOut.accuracy < b.heldOut.accuracy ? b : a));
      assert.equal(found?.pairs, semiSupervised.labelled + best.kept, `${kind}: the head is that of the best round`);
      assert.deepEqual(found.accuracy, best.heldOut);
    }
  });

  it('asks a judge for the first labels where the recipe has one, also when it was stopped meanwhile', async () => {
    writeTinyModel({ folder: path('judge'), config: tinyCausal('llama'), chatTemplate: tinyChatTemplate });
    const recipe = trainingRecipes.unlabelledPreference
      .replace('rounds: 2', 'rounds: 1, judge: judge')
      .replace('threshold: 0.55', 'threshold: 0.5');
    const abort = new AbortController();
    const stopped = quietContext(abort.signal);
    const progress: JobContext['progress'] = ({ message }) => {
      if (message === 'Asking the judge') setTimeout(() => abort.abort());
    };
    await rejects(() => train(recipe, { context: { ...stopped, progress } }), 'cancelled');
    const first = await train(recipe, { resume: true });
    const [, round] = first.semiSupervised?.rounds ?? [];
    // It has random weights, so it is right by chance only, unlike the head.
    assert.ok(round.kept > 0 && (round.agreement ?? 1) < 0.75, JSON.stringify(round));
    const whole = bytesOf('head');

    await train(recipe, { name: 'again' });
    assert.deepEqual(bytesOf('again'), whole);
    await train(recipe.replace(', judge: judge', ''), { name: 'alone' });
    assert.notEqual(bytesOf('alone')[0], whole[0]);
  });

  it('gives the same bytes twice, and when it was stopped in any stage and resumed', async () => {
    await train(trainingRecipes.all, { name: 'whole' });
    const whole = bytesOf('whole');
    await train(trainingRecipes.all, { name: 'again' });
    assert.deepEqual(bytesOf('again'), whole);
    for (const stage of ['features', 'ratings', 'verbosity', 'gate', 'semiSupervised', 'checks', 'head'] as const) {
      const abort = new AbortController();
      const seen = { count: 0 };
      const stopped = train(trainingRecipes.all, {
        context: quietContext(abort.signal),
        onState: ({ stages }) => {
          if (stages.some(({ kind, state }) => kind === stage && state === 'running')) seen.count += 1;
          // In the middle of the gate, at the beginning of the others.
          if (seen.count === (stage === 'gate' ? 4 : 1)) abort.abort();
        },
      });
      if (stage === 'head') {
        await stopped; // too late to stop
      } else {
        const { hint } = await rejects(() => stopped, 'cancelled');
        const isKept = existsSync(path('head.safetensors.part'));
        assert.match(hint ?? '', isKept ? /--resume goes on after them$/ : /^features that were made are kept/);
        assert.ok(!existsSync(path('head.safetensors')) && !existsSync(path('head.md')), stage);
        await train(trainingRecipes.all, { resume: true });
      }
      assert.deepEqual(bytesOf('head'), whole, stage);
      assert.ok(!existsSync(path('head.safetensors.part')));
      removeHead();
    }
  });

  it('replaces a head only when told to, and only when the new one is complete', async () => {
    writeFileSync(path('head.safetensors'), 'another');
    await rejects(() => train(trainingRecipes.ratings), 'exists', /head\.safetensors exists/);
    const abort = new AbortController();
    const stop = ({ stages }: TrainingState): void => {
      if (stages.some(({ kind, state }) => kind === 'ratings' && state === 'running')) abort.abort();
    };
    const stopped = { force: true, context: quietContext(abort.signal), onState: stop };
    await rejects(() => train(trainingRecipes.ratings, stopped), 'cancelled');
    assert.equal(readFileSync(path('head.safetensors'), 'utf8'), 'another');
    await train(trainingRecipes.ratings, { force: true });
    await loadHeadFile(path('head.safetensors'));
  });

  it('has nothing to do where the head is complete, and does not go on with another recipe', async () => {
    const report = await train(trainingRecipes.gate);
    const before = bytesOf('head');
    assert.deepEqual(await train(trainingRecipes.gate, { resume: true }), JSON.parse(JSON.stringify(report)));
    assert.deepEqual(bytesOf('head'), before);
    const other = trainingRecipes.gate.replace('seed: 3', 'seed: 4');
    await rejects(() => train(other, { resume: true }), 'exists', /head\.safetensors exists/);
    assert.ok(!existsSync(path('head.safetensors.part')));

    const abort = new AbortController();
    const stop = ({ stages }: TrainingState): void => {
      if (stages.some(({ kind, state }) => kind === 'gate' && state === 'running')) abort.abort();
    };
    await rejects(
      () => train(trainingRecipes.gate, { name: 'b', context: quietContext(abort.signal), onState: stop }),
      'cancelled',
    );
    const refused = await rejects(
      () => train(other, { name: 'b', resume: true }),
      'exists',
      /because the recipe changed$/,
    );
    assert.match(refused.hint ?? '', /without --resume/);
    writeFileSync(path('rated.jsonl'), readFileSync(path('rated.jsonl'), 'utf8').replace('aa', 'ee'));
    await rejects(() => train(trainingRecipes.gate, { name: 'b', resume: true }), 'exists', /the data changed$/);
    await train(other, { name: 'b' });
    assert.ok(!existsSync(path('b.safetensors.part')));
  });

  it('leaves nothing but what can be gone on with when the disk is full, wherever that happens', async () => {
    await train(trainingRecipes.all, { name: 'whole' });
    const needed = await onLimitedDisk(() => train(trainingRecipes.all, { name: 'measured' }));
    for (const share of [0.02, 0.3, 0.6, 0.9, 0.999]) {
      const room = Math.floor(share * needed);
      await onLimitedDisk(async () => {
        await rejects(() => train(trainingRecipes.all), 'no_space');
      }, room);
      assert.ok(!existsSync(path('head.safetensors')), `${share} of the room`);
      await train(trainingRecipes.all, { resume: true });
      assert.deepEqual(bytesOf('head'), bytesOf('whole'));
      removeHead();
    }
  });

  it('counts texts that the model cannot read, and refuses when there is none', async () => {
    const long = trainingRecipes.ratings.replace('max_tokens: 128\n', '');
    const rows = readFileSync(path('rated.jsonl'), 'utf8');
    const messages = [
      { role: 'user', content: 'a?' },
      { role: 'assistant', content: 'ab'.repeat(2000) },
    ];
    writeFileSync(path('rated.jsonl'), `${rows}${JSON.stringify({ messages, warm: 1, ratings: { stars: 5 } })}\n`);
    const report = await train(long);
    const [rated] = report.data;
    assert.deepEqual(
      rated.refused.map(({ reason, count }) => [reason, count]),
      [['longer than the model, or the recipe, takes', 1]],
    );
    assert.ok(report.warnings.some((warning) => warning.startsWith('rated: 1 row not used: longer than')));
    assert.equal(report.objectives[1].rows, 60);
  });

  it('says so when length is all that the labels follow', async () => {
    const longer = linesOf('pairs.jsonl').map((line, index) => {
      const { prompt } = JSON.parse(line) as { prompt: object };
      return JSON.stringify({ prompt, chosen: 'x'.repeat(60 + index), rejected: 'x'.repeat(10 + (index % 7)) });
    });
    writeFileSync(path('pairs.jsonl'), `${longer.join('\n')}\n`);
    const { warnings, preference } = await train(trainingRecipes.preference);
    assert.equal(preference?.lengthAlone.accuracy, 1);
    assert.ok(
      warnings.some((warning) => warning.startsWith('the head does not beat length')),
      warnings.join('; '),
    );
  });

  it('says so when a check looks at pairs that were trained on', async () => {
    const { warnings } = await train(trainingRecipes.preference.replace('data: held }', 'data: pairs }'));
    assert.ok(
      warnings.some((warning) => warning.startsWith('warm pairs: its pairs were trained on')),
      warnings.join('; '),
    );
  });

  it('refuses what cannot be trained before anything is written', async () => {
    const before = listFolder();
    await rejects(() => train(trainingRecipes.ratings.replace('seed: 3', 'sead: 3')), 'recipe', /^line 5: .*sead/);
    await rejects(
      () => train(trainingRecipes.ratings.replace('model: model', 'model: nowhere')),
      'not_found',
      /nowhere/,
    );
    await rejects(
      () => train(trainingRecipes.ratings.replace('rated.jsonl', 'gone.jsonl')),
      'not_found',
      /gone\.jsonl/,
    );
    writeFileSync(path('rated.jsonl'), readFileSync(path('rated.jsonl'), 'utf8').replaceAll('"warm":0', '"warm":1'));
    await rejects(() => train(trainingRecipes.ratings), 'recipe', /warmth/);
    assert.deepEqual(
      listFolder().filter((name) => name !== 'features'),
      before,
    );
  });
});
