import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../../../src/core/jobContext';
import type { ScorableInput } from '../../../src/core/promptFile/scorableRow';
import { seededRandom } from '../../../src/core/seededRandom';
import type { FeaturePlace } from '../../../src/core/training/featureMatrix';
import { DecoderSession } from '../../../src/engine/onnx/decoderSession';
import { openRewardModel } from '../../../src/engine/reward/openRewardModel';
import { openFeatureSource } from '../../../src/engine/training/featureSource';
import type { FeatureSourceParams, TextFeatures } from '../../../src/engine/training/featureSource';
import { assertClose } from '../../fixtures/assertClose';
import { writeGatedModel } from '../../fixtures/gatedModel';
import { onLimitedDisk } from '../../fixtures/limitedDisk';
import { quietContext } from '../../fixtures/quietContext';
import { useEvaluationRecord } from '../../fixtures/recordEvaluations';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { tinyChatTemplate, writeTinyModel } from '../../fixtures/tinyModel';

const tolerance = 1e-5;
const columns = 32;

function talk(reply: string, question = 'Which colour?'): ScorableInput {
  const messages = [
    { role: 'user', content: question },
    { role: 'assistant', content: reply },
  ];
  return { kind: 'messages', messages };
}

function rowsOf(features: TextFeatures, place: FeaturePlace): Float32Array[] {
  const matrix = features.matrix(place);
  return Array.from({ length: matrix.rows }, (_, row) => {
    const into = new Float32Array(matrix.columns);
    matrix.readRows([row], into);
    return into;
  });
}

/** Fails where a model is opened. */
async function withoutModels<Value>(action: () => Promise<Value>): Promise<Value> {
  const { open } = DecoderSession;
  DecoderSession.open = () => assert.fail('the model was opened');
  try {
    return await action();
  } finally {
    DecoderSession.open = open;
  }
}

describe('openFeatureSource', () => {
  useTemporaryCache();
  const folder = useTemporaryFolder();
  const evaluations = useEvaluationRecord();

  const model = (): string => join(folder(), 'model');
  const params = (changes: Partial<FeatureSourceParams> = {}): FeatureSourceParams => ({
    reference: model(),
    spec: { layer: 1, places: ['last', 'mean', 'gate'] },
    maxTokens: null,
    folder: join(folder(), 'features'),
    device: 'cpu',
    dtype: 'auto',
    threads: 1,
    ...changes,
  });

  beforeEach(() => {
    mkdirSync(model());
    writeTinyModel({ folder: model(), chatTemplate: tinyChatTemplate });
  });

  /** What is read of some texts, and how many of them the model was given. */
  async function read<Value>(
    inputs: readonly ScorableInput[],
    use: (features: TextFeatures) => Value,
    changes: Partial<FeatureSourceParams> = {},
  ): Promise<{ readonly value: Value; readonly evaluated: number; readonly counts: object }> {
    const before = evaluations.length;
    const source = await openFeatureSource(params(changes), quietContext());
    try {
      const value = use(await source.read(inputs, quietContext()));
      return { value, evaluated: evaluations.length - before, counts: source.counts };
    } finally {
      await source.release();
    }
  }

  const states = (features: TextFeatures): Record<FeaturePlace, Float32Array[]> => ({
    last: rowsOf(features, 'last'),
    mean: rowsOf(features, 'mean'),
    gate: rowsOf(features, 'gate'),
  });
  /** The one folder of features that there is. */
  const store = (): string => {
    const [name] = readdirSync(join(folder(), 'features'));
    return join(folder(), 'features', name);
  };
  const storeBytes = (): Record<string, Buffer> =>
    Object.fromEntries(readdirSync(store()).map((name) => [name, readFileSync(join(store(), name))]));

  const colours = ['Blue', 'Red', 'Green', 'Yellow', 'Black'];
  const talks = colours.map((reply) => talk(reply));

  it('gives the states that heads read: of the last token, of the response, of what closes the prompt', async () => {
    const [{ value }] = [await read([talk('Blue'), talk('Red')], states)];
    // "Which colour?" opens with two tokens; the reply follows <|end|> and <|assistant|>.
    const ids = [256, 257, ...Buffer.from('Which colour?'), 259, 258, ...Buffer.from('Blue'), 259];
    const prefixes = ids.map((_, index): ScorableInput => ({ kind: 'ids', ids: ids.slice(0, index + 1) }));
    const spec = { layer: 1, places: ['last'] } as const;
    const { value: single } = await read(prefixes, (features) => rowsOf(features, 'last'), { spec });
    assertClose(value.last[0], single[ids.length - 1], { tolerance });
    const reply = single.slice(ids.length - 5, ids.length - 1);
    const mean = Array.from({ length: columns }, (_, at) => reply.reduce((sum, state) => sum + state[at], 0) / 4);
    assertClose(value.mean[0], mean, { tolerance });
    assertClose(value.gate[0], single[ids.indexOf(259)], { tolerance });
    assert.deepEqual(value.gate[0], value.gate[1]);
  });

  it('gives after the final norm what the head of the model itself reads', async () => {
    const scorer = await openRewardModel(
      { reference: model(), device: 'cpu', dtype: 'f32', threads: 1 },
      quietContext(),
    );
    const row = { kind: 'single', id: '1', input: talk('Blue') } as const;
    const scored = await scorer.scoreRow(row, { states: true }, quietContext());
    await scorer.release();
    const spec = { layer: 'final', places: ['last'] } as const;
    const { value } = await read([talk('Blue')], (features) => rowsOf(features, 'last'), { spec });
    assert.ok('lastHidden' in scored && scored.lastHidden !== undefined);
    assertClose(value[0], scored.lastHidden, { tolerance });
  });

  it('gives what the gate and the regression of a gated model themselves read, found by the template alone', async () => {
    writeGatedModel(model());
    const scorer = await openRewardModel(
      { reference: model(), device: 'cpu', dtype: 'f32', threads: 1 },
      quietContext(),
    );
    const row = { kind: 'single', id: '1', input: talk('Blue') } as const;
    const scored = await scorer.scoreRow(row, { states: true }, quietContext());
    await scorer.release();
    const spec = { layer: 'final', places: ['last', 'gate'] } as const;
    const { value } = await read([talk('Blue')], (features) => [rowsOf(features, 'last'), rowsOf(features, 'gate')], {
      spec,
    });
    assert.ok('lastHidden' in scored && scored.lastHidden !== undefined && scored.gateHidden !== undefined);
    assertClose(value[0][0], scored.lastHidden, { tolerance });
    assertClose(value[1][0], scored.gateHidden, { tolerance });
  });

  it('makes each text once: what is there is read without the model', async () => {
    const first = await read([...talks, talks[1]], (features) => ({
      places: features.places,
      states: states(features),
    }));
    assert.equal(first.evaluated, colours.length);
    assert.deepEqual(
      first.value.places,
      [0, 1, 2, 3, 4, 1].map((row) => ({ row })),
    );
    assert.deepEqual(first.counts, { texts: 5, made: 5, kept: 0, errors: 0 });
    const second = await withoutModels(() =>
      read([...talks].reverse(), (features) => ({
        states: states(features),
        tokens: features.responseTokens,
      })),
    );
    assert.equal(second.evaluated, 0);
    assert.deepEqual(second.counts, { texts: 5, made: 0, kept: 5, errors: 0 });
    assert.deepEqual(second.value.states.mean, [...first.value.states.mean].reverse());
    assert.deepEqual(
      [...second.value.tokens],
      [...colours].reverse().map((colour) => colour.length),
    );
  });

  it('computes a changed text and no other', async () => {
    await read(talks, states);
    const changed = [...talks.slice(0, 2), talk('Greenish'), ...talks.slice(3)];
    const { evaluated, counts } = await read(changed, states);
    assert.equal(evaluated, 1);
    assert.deepEqual(counts, { texts: 5, made: 1, kept: 4, errors: 0 });
  });

  it('keeps one gate state for all replies to a prompt', async () => {
    await read(talks, states);
    assert.equal(readFileSync(join(store(), 'gate.f32')).length, 4 * columns);
    const { evaluated } = await read([talk('White'), talk('White', 'Which wine?')], states);
    assert.equal(evaluated, 2);
    assert.equal(readFileSync(join(store(), 'gate.f32')).length, 2 * 4 * columns);
  });

  it('adds a place to texts that have others', async () => {
    const { value: mean } = await read(talks, (features) => rowsOf(features, 'mean'), {
      spec: { layer: 1, places: ['mean'] },
    });
    const { value, evaluated } = await read(talks, states);
    assert.equal(evaluated, colours.length);
    assert.deepEqual(value.mean, mean);
    assert.equal((await read(talks, states)).evaluated, 0);
    assert.equal(readFileSync(join(store(), 'mean.f32')).length, colours.length * 4 * columns);
  });

  it('keeps features of another body, template, layer or limit apart', async () => {
    const places: readonly FeaturePlace[] = ['last'];
    const spec = { layer: 1, places } as const;
    await read(talks, () => null, { spec });
    for (const changes of [
      { spec: { layer: 2, places } },
      { spec: { layer: 'final' as const, places } },
      { spec, maxTokens: 20 },
    ]) {
      assert.equal((await read(talks, () => null, changes)).evaluated, colours.length);
    }
    writeTinyModel({ folder: model(), chatTemplate: `${tinyChatTemplate} ` });
    assert.equal((await read(talks, () => null, { spec })).evaluated, colours.length);
    writeTinyModel({ folder: model(), chatTemplate: tinyChatTemplate, config: { rope_theta: 5000 } });
    assert.equal((await read(talks, () => null, { spec })).evaluated, colours.length);
  });

  it('says which texts are impossible, and does not open the model for them again', async () => {
    const inputs = [
      talk('Blue'),
      { kind: 'messages', messages: [{ role: 'user', content: 'Hi' }] } as const,
      talk('x'.repeat(3000)),
    ];
    const { value, counts } = await read(inputs, (features) => features.places);
    assert.deepEqual(value[0], { row: 0 });
    assert.deepEqual(
      value.slice(1).map((place) => ('error' in place ? place.error.code : null)),
      ['gate_not_found', 'too_long'],
    );
    assert.deepEqual(counts, { texts: 3, made: 1, kept: 0, errors: 2 });
    const again = await withoutModels(() => read(inputs, (features) => features.places));
    assert.deepEqual(again.value, value);
  });

  it('cuts the beginning of long texts off, or refuses them', async () => {
    const long = [talk('A reply that is longer than the limit')];
    const { value } = await read(long, (features) => features.responseTokens, {
      maxTokens: 20,
      spec: { layer: 1, places: ['mean'] },
    });
    assert.deepEqual([...value], [18]);
    const spec = { layer: 1, places: ['mean'] } as const;
    const refused = await read(long, (features) => features.places, { maxTokens: 20, truncate: false, spec });
    assert.ok('error' in refused.value[0]);
    assert.equal(refused.value[0].error.code, 'too_long');
  });

  it('refuses a layer that the body does not have, and a gate where the template has no place for one', async () => {
    await rejects(
      () => openFeatureSource(params({ spec: { layer: 3, places: ['last'] } }), quietContext()),
      'weights',
      /layer 3 was asked for, .* has 2/,
    );
    writeTinyModel({ folder: model(), chatTemplate: "{% for m in messages %}{{ m['content'] }}{% endfor %}" });
    await rejects(() => openFeatureSource(params(), quietContext()), 'gate_not_found', /no text/);
  });

  describe('after a kill', () => {
    /** Enough texts for several windows. */
    const many = Array.from({ length: 150 }, (_, index) =>
      talk(`Reply ${index} ${'of some length '.repeat(index % 4)}`),
    );

    it('goes on with the same bytes wherever it was', async () => {
      await read(many, () => null);
      const whole = storeBytes();
      const records = whole['texts.bin'].length / many.length;
      assert.ok(Number.isInteger(records));
      const names = ['last.f32', 'mean.f32', 'gate.f32', 'texts.bin'];
      // A window is 64 texts: cut within the first, at its end, within the second, and with states beyond what is noted.
      for (const texts of [0, 63.5, 64, 100.01, 149.99]) {
        for (const extra of texts === 100.01 ? [0, 3.3] : [3.3]) {
          for (const name of names) {
            const rowLength = name === 'texts.bin' ? records : 4 * columns;
            const rows = name === 'gate.f32' ? 1 : name === 'texts.bin' ? texts : Math.min(texts + extra, many.length);
            writeFileSync(join(store(), name), whole[name].subarray(0, Math.floor(rows * rowLength)));
          }
          const { evaluated } = await read(many, () => null);
          assert.equal(evaluated, many.length - 64 * Math.floor(texts / 64), `${texts} texts`);
          assert.deepEqual(storeBytes(), whole, `${texts} texts and ${extra}`);
        }
      }
    });

    it('makes again what is damaged, and nothing else', async () => {
      const { value: expected } = await read(many, states);
      const flip = (name: string, at: number): void => {
        const bytes = readFileSync(join(store(), name));
        bytes[at] ^= 1;
        writeFileSync(join(store(), name), bytes);
      };
      flip('mean.f32', 5 * 4 * columns + 7);
      flip('texts.bin', 20 * 100 + 3);
      const { value, evaluated } = await read(many, states);
      assert.equal(evaluated, 2);
      for (const place of ['last', 'mean', 'gate'] as const) {
        value[place].forEach((state, row) => assertClose(state, expected[place][row], { tolerance }));
      }
      assert.equal((await read(many, states)).evaluated, 0);
      truncateSync(join(store(), 'last.f32'), 4 * columns * 140);
      assert.equal((await read(many, states)).evaluated, 11);
    });
  });

  it('gives what was made whatever single bytes have become, and never fails', async () => {
    const expected = (await read(talks, states)).value;
    const whole = storeBytes();
    const names = ['texts.bin', 'last.f32', 'mean.f32', 'gate.f32'];
    const rounds = process.env['ALIDADE_LONG'] === '1' ? 500 : 25;
    const random = seededRandom(7);
    const pick = (count: number): number => Math.floor(random() * count);
    for (let round = 0; round < rounds; round += 1) {
      for (const name of names) writeFileSync(join(store(), name), whole[name]);
      for (let change = pick(3); 0 <= change; change -= 1) {
        const name = names[pick(names.length)];
        const bytes = Buffer.from(readFileSync(join(store(), name)));
        if (pick(3) === 0) writeFileSync(join(store(), name), bytes.subarray(0, pick(bytes.length)));
        else {
          if (0 < bytes.length) bytes[pick(bytes.length)] = pick(256);
          writeFileSync(join(store(), name), bytes);
        }
      }
      const { value } = await read(talks, states);
      for (const place of ['last', 'mean', 'gate'] as const) {
        value[place].forEach((state, row) => assertClose(state, expected[place][row], { tolerance }));
      }
    }
  });

  it('says that the disk is full, and goes on when there is room', async () => {
    const whole = await onLimitedDisk(() => read(talks, () => null, { folder: join(folder(), 'measured') }));
    for (const room of [0, 10, 700, whole - 1]) {
      const failing = (): Promise<unknown> =>
        onLimitedDisk(() => read(talks, () => null, { folder: join(folder(), `room ${room}`) }), room);
      await rejects(failing, 'no_space');
      const { value } = await read(talks, states, { folder: join(folder(), `room ${room}`) });
      assert.equal(value.last.length, talks.length);
    }
  });

  it('refuses a folder that cannot be one', async () => {
    writeFileSync(join(folder(), 'features'), 'a file');
    await rejects(() => read(talks, () => null), 'exists', /cannot be a folder/);
  });

  it('refuses the store of something else under its name', async () => {
    await read(talks, () => null);
    const other = join(folder(), 'other');
    renameSync(store(), other);
    const description = readFileSync(join(other, 'store.json'), 'utf8').replace('"layer": "1"', '"layer": "7"');
    await read(talks, () => null);
    writeFileSync(join(store(), 'store.json'), description);
    await rejects(() => openFeatureSource(params(), quietContext()), 'format', /made with another layer/);
    writeFileSync(join(store(), 'store.json'), '{');
    await rejects(() => openFeatureSource(params(), quietContext()), 'format', /not valid JSON/);
    copyFileSync(join(other, 'store.json'), join(store(), 'store.json'));
    assert.equal((await read(talks, () => null)).evaluated, 0);
  });

  it('lets two processes work on the same texts: each is made by one of them', async () => {
    const texts = Array.from({ length: 130 }, (_, index) => talk(`Reply ${index}`));
    const both = await Promise.all([read(texts, states), read(texts, states)]);
    assert.deepEqual(both[0].value, both[1].value);
    assert.equal(readFileSync(join(store(), 'last.f32')).length, texts.length * 4 * columns);
  });

  it('hears a cancellation, and keeps what was made before it', async () => {
    const texts = Array.from({ length: 200 }, (_, index) => talk(`Reply ${index}`));
    const abort = new AbortController();
    const source = await openFeatureSource(params(), quietContext());
    const context = {
      ...quietContext(abort.signal),
      progress: ({ message }: Progress) => {
        if (message === 'Reading texts') abort.abort();
      },
    };
    await source.closeModel();
    await rejects(() => source.read(texts, context), 'cancelled');
    await source.release();
    const { evaluated } = await read(texts, () => null);
    assert.equal(evaluated, texts.length - 64);
  });
});
