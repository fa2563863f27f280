import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AlidadeError } from '../../../src/core/alidadeError';
import type { TrainingData } from '../../../src/core/training/data/trainingData';
import { parseHeadRecipe } from '../../../src/core/training/recipe/parseHeadRecipe';
import { readTrainingData } from '../../../src/engine/training/readTrainingData';
import { quietContext } from '../../fixtures/quietContext';
import { sharedFolder } from '../../fixtures/sharedFolder';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

describe('readTrainingData', () => {
  const folder = useTemporaryFolder();

  const write = (name: string, rows: readonly unknown[]): Promise<void> =>
    writeFile(
      join(folder(), name),
      rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''),
    );
  const read = (recipe: string): Promise<TrainingData> =>
    readTrainingData({ recipe: parsed(recipe), folders: [folder()] }, quietContext());
  const refusal = async (recipe: string): Promise<AlidadeError> => {
    try {
      await read(recipe);
    } catch (error) {
      assert.ok(error instanceof AlidadeError);
      return error;
    }
    throw new Error('it was not refused');
  };

  it('takes labels from fields, through values and scales, and counts what it cannot use', async () => {
    await write('d.jsonl', [
      ...texts(12).map((row, index) => ({
        ...row,
        label: ['full', 'refused'][index % 2],
        ratings: { fun: 1 + (index % 3) },
      })),
      { ...text(20), label: 'partial', ratings: { fun: 'NaN' } },
      { ...text(21), ratings: { fun: 9 } },
      { ...text(22), label: 'full', ratings: { fun: '2' } },
      { ...text(23), label: 'full', ratings: { fun: [1] } },
      { ...text(24), label: 'full', ratings: { fun: {} } },
      '{"prompt": ',
      { prompt: 'only a prompt' },
    ]);
    const data = await read(
      objectives(`
  - { name: a, kind: yes_no, data: d, label: { field: label, values: { full: 1, refused: 0 } } }
  - { name: b, data: d, label: ratings.fun, scale: { min: 1, max: 3 } }
  - { name: c, data: d, label: ratings.fun, scale: { min: 1, max: 3, levels: 3 } }`),
    );
    const [a, b, c] = data.rated;
    assert.equal(a?.texts.length, 15);
    assert.deepEqual(
      [...a.refused],
      [
        { reason: '`label` says something that `values` does not name', count: 1, first: 'd.jsonl:13' },
        { reason: 'no `label`', count: 1, first: 'd.jsonl:14' },
      ],
    );
    assert.deepEqual(
      a.texts.slice(0, 3).map(({ target }) => target),
      [1, 0, 1],
    );
    assert.deepEqual(
      b?.texts.slice(0, 3).map(({ target }) => target),
      [0, 0.5, 1],
    );
    assert.deepEqual(
      c?.texts.slice(0, 3).map(({ target }) => target),
      [0.5 / 3, 1.5 / 3, 2.5 / 3],
    );
    assert.deepEqual(
      [...b.refused].map(({ reason }) => reason),
      [
        '`ratings.fun` is an object, not a number',
        '`ratings.fun` is not a finite number',
        '`ratings.fun` is not between 1 and 3',
      ],
    );
    const [report] = data.data;
    const unreadable = report?.refused.filter(({ reason }) => !reason.startsWith('objective'));
    assert.deepEqual(unreadable?.map(({ first }) => first).sort(), ['d.jsonl:18', 'd.jsonl:19']);
    assert.equal(data.warnings.filter((warning) => warning.startsWith('`d`: 1 row')).length, 2);
  });

  it('records each file by its name in the recipe, its hash and its rows', async () => {
    await write('d.jsonl', texts(10));
    const content = texts(10)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
    const { data } = await read(objectives('\n  - { name: a, data: d, label: score }'));
    const sha256 = createHash('sha256').update(content).digest('hex');
    assert.deepEqual(data[0]?.files, [{ name: 'd.jsonl', sha256, rows: 10 }]);
  });

  it('reads tables, whose numbers are text', async () => {
    const lines = texts(10).map(({ prompt, response, score }) => `"${prompt}","${response}",${score}`);
    await writeFile(join(folder(), 'd.jsonl'), ['prompt,response,score', ...lines, ''].join('\n'));
    const { rated } = await read(objectives('\n  - { name: a, data: d, label: score }'));
    assert.deepEqual(
      rated[0]?.texts.map(({ target }) => target),
      texts(10).map(({ score }) => score),
    );
  });

  it('looks for files in each folder, and names all of them where there is none', async () => {
    const { code, message, hint } = await refusal(objectives('\n  - { name: a, data: d, label: score }'));
    assert.equal(code, 'not_found');
    assert.equal(message, `\`d.jsonl\` of the data \`d\` is not in ${folder()}`);
    assert.match(hint ?? '', /--data/);
  });

  it('exchanges the responses of two prompts, both in one group', async () => {
    await write('d.jsonl', [...texts(13), { prompt: 'short?', response: 'Too few words.' }, text(3)]);
    const { rated } = await read(objectives('\n  - { name: a, data: d, label: exchanged }'));
    const [{ texts: made, refused } = { texts: [], refused: [] }] = rated;
    assert.equal(made.length, 24);
    const groups = new Map<string, (typeof made)[number][]>();
    for (const each of made) groups.set(each.group, [...(groups.get(each.group) ?? []), each]);
    assert.equal(groups.size, 6);
    for (const members of groups.values()) {
      assert.deepEqual(
        members.map(({ target }) => target),
        [1, 0, 1, 0],
      );
      const conversations = members.map(({ input }) =>
        input.kind === 'messages' ? input.messages.map(({ content }) => content) : [],
      );
      const [own, given, other, back] = conversations;
      assert.deepEqual([given?.[0], given?.[1], back?.[0], back?.[1]], [own?.[0], other?.[1], other?.[0], own?.[1]]);
      assert.notEqual(own?.[0], other?.[0]);
    }
    assert.deepEqual(
      refused.map(({ reason, count }) => [count, reason]),
      [
        [1, 'its prompt or its response stands in the file already'],
        [1, 'its response has fewer than 8 words'],
        [1, 'no other prompt is left to exchange responses with'],
      ],
    );
  });

  it('shuffles the words of responses, and keeps both in the group of their row', async () => {
    await write('d.jsonl', texts(10));
    const { rated } = await read(objectives('\n  - { name: a, data: d, label: shuffled }'));
    const made = rated[0]?.texts ?? [];
    assert.equal(made.length, 20);
    for (let at = 0; at < made.length; at += 2) {
      const [own, mixed] = made.slice(at, at + 2);
      assert.equal(own.group, mixed.group);
      assert.deepEqual([own.target, mixed.target], [1, 0]);
      const words = [own, mixed].map(({ input }) =>
        (input.kind === 'messages' ? (input.messages[1]?.content ?? '') : '').split(' '),
      );
      assert.notDeepEqual(words[0], words[1]);
      assert.deepEqual(words[0]?.sort(), words[1]?.sort());
    }
  });

  it('makes the same of the same seed, and something else of another', async () => {
    await write('d.jsonl', texts(20));
    const recipe = objectives(
      '\n  - { name: a, data: d, label: exchanged }\n  - { name: b, data: d, label: shuffled }',
    );
    const [first, again, other] = [await read(recipe), await read(recipe), await read(`${recipe}seed: 1\n`)];
    assert.deepEqual(again, first);
    assert.notDeepEqual(other.rated, first.rated);
  });

  it('rates the chosen response of a pair over the rejected one', async () => {
    await write('d.jsonl', [...pairs(10), text(1)]);
    const { rated } = await read(objectives('\n  - { name: a, data: d, label: chosen }'));
    assert.deepEqual(
      rated[0]?.texts.slice(0, 2).map(({ target, input }) => [target, lastOf(input)]),
      [
        [1, 'good answer 0'],
        [0, 'bad answer 0'],
      ],
    );
    assert.equal(rated[0].refused[0]?.reason, 'it is not a pair of a chosen and a rejected response');
  });

  it('takes lists of labels for lists of responses', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => ({
      prompt: `question ${index}`,
      responses: [`one ${index}`, `two ${index}`],
      score: index === 9 ? [1] : [index, 10 - index],
    }));
    await write('d.jsonl', rows);
    const { rated } = await read(objectives('\n  - { name: a, data: d, label: score }'));
    assert.deepEqual(
      rated[0]?.texts.slice(2, 4).map(({ target }) => target),
      [1, 9],
    );
    assert.equal(rated[0].refused[0]?.reason, '`score` has 1 labels for several responses');
  });

  it('refuses pairs whose responses are the same, or answer different prompts where a gate reads them', async () => {
    const turns = (prompt: string, response: string): unknown => [
      { role: 'user', content: prompt },
      { role: 'assistant', content: response },
    ];
    await write('p.jsonl', [
      ...pairs(12),
      { prompt: 'same?', chosen: 'yes', rejected: 'yes' },
      { chosen: turns('this?', 'yes'), rejected: turns('that?', 'no') },
    ]);
    await write('d.jsonl', texts(10));
    const gate = `${objectives('\n  - { name: a, data: d, label: score }\n  - { name: b, data: d, label: score }').replace('data:', 'data:\n  p: p.jsonl')}gate: { data: p }\n`;
    const ofGate = await read(gate);
    assert.equal(ofGate.pairs[0]?.pairs.length, 12);
    assert.deepEqual(
      ofGate.pairs[0].refused.map(({ reason, first }) => [first, reason]),
      [
        ['p.jsonl:14', 'its two responses answer different prompts'],
        ['p.jsonl:13', 'its two responses are the same'],
      ],
    );
    const ofPreference = await read('name: n\nmodel: m\ndata: { p: p.jsonl }\npreference: { data: p }\n');
    assert.equal(ofPreference.pairs[0]?.pairs.length, 13);
  });

  it('gives every response of the gate’s pairs to a correction for verbosity', async () => {
    await write('p.jsonl', pairs(12));
    await write('d.jsonl', texts(10));
    const recipe = `${objectives('\n  - { name: a, data: d, label: score }\n  - { name: v, compute: log_tokens }').replace('data:', 'data:\n  p: p.jsonl')}gate: { data: p }\nverbosity_correction: { objective: v }\n`;
    const { verbosity } = await read(recipe);
    assert.equal(verbosity?.name, 'p');
    assert.equal(verbosity.inputs.length, 24);
  });

  it('makes groups one where rows nearly repeat each other, and names two of them', async () => {
    const rows = texts(12).map((row, index) => ({ ...row, source: index }));
    await write('d.jsonl', [...rows, { ...text(4), response: `${text(4).response}!`, source: 'elsewhere' }]);
    const recipe = objectives('\n  - { name: a, data: d, label: score }').replace(
      'd: d.jsonl',
      'd: { files: d.jsonl, group: source }',
    );
    const { rated, warnings } = await read(recipe);
    const groups = rated[0]?.texts.map(({ group }) => group) ?? [];
    assert.equal(groups.at(-1), groups[4]);
    assert.equal(new Set(groups).size, 12);
    assert.deepEqual(warnings, [
      '`d`: 1 row repeats others of another group, or nearly so (first: d.jsonl:13 and d.jsonl:5): they are kept on one side of a split',
    ]);
  });

  it('joins what repeats one row of other data, and leaves apart what only that row has in common', async () => {
    const again = (index: number, source: string): unknown => ({ ...text(index), source });
    await write(
      'd.jsonl',
      texts(12).map((row, index) => ({ ...row, source: index < 2 ? 'both' : String(index) })),
    );
    await write('e.jsonl', [
      ...texts(12).map((row, index) => ({ ...row, source: `e${index}` })),
      again(5, 'once more'),
    ]);
    const recipe = objectives(
      '\n  - { name: a, data: d, label: score }\n  - { name: b, data: e, label: score }',
    ).replace('d: d.jsonl', 'd: { files: d.jsonl, group: source }\n  e: { files: e.jsonl, group: source }');
    const [, ofE] = (await read(recipe)).rated;
    const groups = ofE?.texts.map(({ group }) => group) ?? [];
    assert.equal(groups.at(-1), groups[5], 'both repeat a row of d');
    assert.notEqual(groups[0], groups[1], 'of one group in d alone');
    assert.equal(new Set(groups).size, 12);
  });

  it('tells texts that are labelled yes and no', async () => {
    const rows = texts(12).map((row, index) => ({ ...row, score: index % 2 }));
    await write('d.jsonl', [...rows, { ...text(5), score: 0 }, { ...text(6), score: 0 }]);
    const { warnings } = await read(objectives('\n  - { name: a, kind: yes_no, data: d, label: score }'));
    assert.deepEqual(warnings, [
      'objective `a`: 1 text stands there both as yes and as no (first: d.jsonl:13 and d.jsonl:6)',
    ]);
  });

  it('leaves out of a check what is trained on, and tells groups apart', async () => {
    await write('d.jsonl', texts(12));
    await write('e.jsonl', [
      { ...text(3), kind: 'seen' },
      { ...text(30), response: 'My old friend, there is nothing that I would rather do today.', kind: 'new' },
      { ...text(31), kind: 'new' },
    ]);
    const recipe = `${objectives('\n  - { name: a, data: d, label: score }').replace('data:', 'data:\n  e: e.jsonl')}checks:
  - { name: terms, data: e, objective: a, groups: { terms: [old, young] } }
  - { name: field, data: e, objective: a, groups: kind }
`;
    const { checks, warnings } = await read(recipe);
    assert.deepEqual(
      checks.map(({ memberships }) => memberships),
      [
        [['old'], []],
        [['new'], ['new']],
      ],
    );
    assert.deepEqual(checks[0]?.refused, [
      { reason: 'it repeats a row that is trained on, or nearly so', count: 1, first: 'e.jsonl:1' },
    ]);
    assert.equal(warnings.length, 2);
  });

  describe('refuses, before anything slow begins,', () => {
    const one = objectives('\n  - { name: a, data: d, label: score }');

    it('an objective without labels, with the reasons', async () => {
      await write('d.jsonl', texts(20));
      const { code, message, hint } = await refusal(objectives('\n  - { name: a, data: d, label: scores }'));
      assert.equal(code, 'recipe');
      assert.match(message, /objective `a`: no row has a label, and at least 10 are needed/);
      assert.equal(hint, 'not used were 20 rows: no `scores` (first: d.jsonl:1)');
    });

    it('too few rows', async () => {
      await write('d.jsonl', texts(9));
      assert.match((await refusal(one)).message, /only 9 rows have a label/);
    });

    it('constant ratings', async () => {
      await write(
        'd.jsonl',
        texts(20).map((row) => ({ ...row, score: 3 })),
      );
      assert.match((await refusal(one)).message, /all 20 labels are the same \(3\)/);
    });

    it('one class only', async () => {
      await write(
        'd.jsonl',
        texts(20).map((row) => ({ ...row, score: 1 })),
      );
      const recipe = objectives('\n  - { name: a, kind: yes_no, data: d, label: score }');
      assert.match((await refusal(recipe)).message, /all 20 labels are yes/);
    });

    it('one group', async () => {
      await write(
        'd.jsonl',
        texts(20).map((row) => ({ ...row, prompt: 'the same' })),
      );
      const { message, hint } = await refusal(one);
      assert.match(message, /its rows are of one group, and 2 are needed/);
      assert.match(hint ?? '', /name another field under `group`/);
    });

    it('fewer groups than folds', async () => {
      await write(
        'd.jsonl',
        texts(20).map((row, index) => ({ ...row, prompt: `prompt ${index % 3}` })),
      );
      assert.match((await refusal(`${one}ratings: { split: { folds: 5 } }\n`)).message, /3 groups, and 5 are needed/);
    });

    it('too few pairs', async () => {
      await write('p.jsonl', pairs(4));
      const { message } = await refusal('name: n\nmodel: m\ndata: { p: p.jsonl }\npreference: { data: p }\n');
      assert.equal(message, '`preference`: there are only 4 pairs, and at least 10 are needed');
    });
  });

  it('makes of the public rows what the starter’s meters are trained on', async function () {
    const shared = sharedFolder('data', 'starter');
    if (shared === null) this.skip();
    const recipe = parsed(`name: n
model: starter
seed: 20
data:
  toxicity: { files: toxicity.jsonl, group: group }
  dialogues: [harmless_pairs.jsonl, hhh_pairs.jsonl]
  topical: { files: engagingness.jsonl, group: group }
objectives:
  - { name: non-toxicity, kind: yes_no, data: toxicity, label: { field: toxic, values: { 0: 1, 1: 0 } } }
  - { name: on-topic, data: dialogues, label: exchanged }
  - { name: fluency, data: dialogues, label: shuffled }
  - { name: engagingness, data: topical, label: ratings.engagingness, scale: { min: 1, max: 3 } }
`);
    const { rated, warnings } = await readTrainingData({ recipe, folders: [folder(), shared] }, quietContext());
    const sizes = rated.map(({ texts: made }) => [made.length, new Set(made.map(({ group }) => group)).size]);
    // 743 groups of 744 comments: two of them are nearly the same.
    assert.deepEqual(sizes, [
      [744, 743],
      [1240, 310],
      [1240, 620],
      [360, 60],
    ]);
    assert.ok(rated[3]?.texts.every(({ target }) => 0 <= target && target <= 1));
    assert.equal(warnings.length, 1);
  });

  it('hears a stop', async () => {
    await write('d.jsonl', texts(20));
    const stopped = quietContext(AbortSignal.abort());
    const recipe = parsed(objectives('\n  - { name: a, data: d, label: score }'));
    await assert.rejects(readTrainingData({ recipe, folders: [folder()] }, stopped), { code: 'cancelled' });
  });
});

function objectives(items: string): string {
  return `name: n\nmodel: m\ndata:\n  d: d.jsonl\nobjectives:${items}\n`;
}

function parsed(text: string): NonNullable<ReturnType<typeof parseHeadRecipe>['recipe']> {
  const { recipe, problems } = parseHeadRecipe(text);
  assert.ok(recipe, JSON.stringify(problems));
  return recipe;
}

const words =
  'apple river stone cloud engine music garden window paper silver thunder market bridge winter candle'.split(' ');

/** A row whose texts share no three words in sequence with those of another. */
function text(index: number): { prompt: string; response: string; score: number } {
  const some = words.map((word, at) => `${word}${(index * 7 + at * 3) % 101}`);
  return { prompt: `What about ${some.slice(0, 4).join(' ')}?`, response: some.slice(4).join(' '), score: index % 5 };
}

function texts(count: number): ReturnType<typeof text>[] {
  return Array.from({ length: count }, (_, index) => text(index));
}

function pairs(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({
    prompt: text(index).prompt,
    chosen: `good answer ${index}`,
    rejected: `bad answer ${index}`,
  }));
}

function lastOf(input: TrainingData['rated'][number]['texts'][number]['input']): string | undefined {
  return input.kind === 'messages' ? input.messages.at(-1)?.content : undefined;
}
