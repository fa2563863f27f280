import assert from 'node:assert/strict';
import { join } from 'node:path';
import { CancellationTokenSource, lm, LanguageModelTextPart, MarkdownString, workspace } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import { languageModelTools } from '../../src/extension/languageModelTools/registerLanguageModelTools';
import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import { RewardTool } from '../../src/extension/languageModelTools/rewardTool';
import { RowScores, type ScoringClient } from '../../src/extension/reward/rowScores';
import { activated, extension, setSetting, until, useBench } from './workbench';

type ToolName = (typeof languageModelTools)[keyof typeof languageModelTools];

/** What the tool answers, as a chat calls it. */
async function invoke(name: ToolName, input: object, tokenBudget?: number): Promise<string> {
  const countTokens = (text: string): Promise<number> => Promise.resolve(text.length);
  const options = tokenBudget === undefined ? {} : { tokenizationOptions: { tokenBudget, countTokens } };
  const { content } = await lm.invokeTool(name, { toolInvocationToken: undefined, input, ...options });
  return content.map((part) => (part instanceof LanguageModelTextPart ? part.value : '')).join('');
}

const answer = { prompt: 'Name a colour.', response: 'Blue, the colour of the sky.' };
const answers = { prompt: 'Name a colour.', responses: ['Blue, the colour of the sky.', 'Perhaps.'] };

describe('language model tools', function () {
  this.timeout(60_000);
  const bench = useBench();
  before(() => activated());

  it('are those of the manifest, with what a model has to know to call them', async () => {
    const { contributes } = extension().packageJSON as {
      readonly contributes: {
        readonly languageModelTools: readonly { readonly name: string; readonly when: string }[];
      };
    };
    const names = contributes.languageModelTools.map(({ name }) => name);
    assert.deepEqual([...names].sort(), Object.values(languageModelTools).sort());
    for (const name of names) {
      const tool = await until(`${name} is known`, () => lm.tools.find((each) => each.name === name));
      assert.match(tool.description, /reward model that runs on the user's machine/);
      assert.ok(tool.inputSchema);
    }
  });

  it('score a response: score, objectives that add up to it, and whose numbers they are', async () => {
    const text = await invoke(languageModelTools.score, answer);
    assert.match(text, /Scored by the reward model tiny \(.+\), on this machine \(cpu, f32\)\./);
    const score = Number(/Response: score (\S+) \(\d+ tokens\)/.exec(text)?.[1]);
    const parts = [...text.matchAll(/^ {2}(helpful|brief): (\S+) = (\S+) × (\S+)$/gm)];
    assert.equal(parts.length, 2);
    const contributions = parts.map(([, , contribution]) => Number(contribution));
    assert.ok(Math.abs((contributions[0] ?? 0) + (contributions[1] ?? 0) - score) < 1e-12);
    for (const [, , contribution, coefficient, reward] of parts) {
      assert.equal(Number(contribution), Number(coefficient) * Number(reward));
    }
    assert.match(text, /they mean nothing next to scores of another model/);
  });

  it('compare two responses by their margin, and more by their order', async () => {
    const two = await invoke(languageModelTools.compare, answers);
    const [, better, margin] = /^Response (\d) is better\. Margin .+: (\S+)$/m.exec(two) ?? [];
    assert.equal(better, 0 < Number(margin) ? '1' : '2');
    assert.match(two, /What makes the margin:\n {2}(helpful|brief): /);
    const three = await invoke(languageModelTools.compare, { ...answers, responses: [...answers.responses, 'Red.'] });
    assert.match(three, /^Best first: response \d \(\S+\), response \d \(\S+\), response \d \(\S+\)\.$/m);
    const scores = [...three.matchAll(/^Response \d: score (\S+) /gm)].map(([, score]) => Number(score));
    const best = Number(/Best first: response (\d)/.exec(three)?.[1]);
    assert.equal(scores[best - 1], Math.max(...scores));
  });

  it('score within a conversation and under a system prompt', async () => {
    const alone = await invoke(languageModelTools.score, answer);
    const messages = [{ role: 'user', content: answer.prompt }];
    assert.equal(await invoke(languageModelTools.score, { messages, response: answer.response }), alone);
    assert.notEqual(await invoke(languageModelTools.score, { ...answer, system: 'Be brief.' }), alone);
  });

  it('say less when there is little room', async () => {
    const whole = await invoke(languageModelTools.compare, answers, 1_000_000);
    const short = await invoke(languageModelTools.compare, answers, whole.length - 1);
    assert.ok(short.length < whole.length);
    const least = await invoke(languageModelTools.compare, answers, 1);
    assert.match(least, /^Response \d is better\. Margin/);
    assert.doesNotMatch(least, /×/);
  });

  const wrong: readonly (readonly [name: ToolName, input: object, message: RegExp])[] = [
    [languageModelTools.score, { response: 'x' }, /`prompt` is missing.+send \{"prompt"/],
    [languageModelTools.score, { prompt: 'x', response: ' ' }, /`response` is empty/],
    [languageModelTools.score, { prompt: 'x' }, /`response` is missing/],
    [languageModelTools.compare, { prompt: 'x', responses: ['a'] }, /at least two texts/],
    [languageModelTools.compare, { prompt: 'x', responses: Array(17).fill('a') }, /17 texts, and 16 are the most/],
    [
      languageModelTools.score,
      { messages: [{ role: 'wizard', content: 'x' }], response: 'y' },
      /unknown role "wizard"/,
    ],
  ];
  for (const [name, input, message] of wrong) {
    it(`say what is wrong with ${JSON.stringify(input).slice(0, 60)}`, async () => {
      await assert.rejects(invoke(name, input), (error) => error instanceof Error && message.test(error.message));
    });
  }

  it('say what can be done when there is no model', async () => {
    await setSetting('rewardModel', `${bench.folder}/none`);
    await assert.rejects(invoke(languageModelTools.score, answer), /none.+Alidade: Choose Reward Model…/);
    await setSetting('rewardModel', bench.model);
    assert.match(await invoke(languageModelTools.score, answer), /score/);
  });

  it('ask before they run: which model, and that nothing leaves the machine', () => {
    const tool = new RewardTool({
      scores: { score: () => assert.fail('not yet') },
      title: () => 'Score',
      readRow: () => ({ kind: 'list', id: 'x', responses: [] }),
    });
    const { invocationMessage, confirmationMessages } = tool.prepareInvocation({ input: {} });
    assert.equal(invocationMessage, `Scoring with ${bench.model}`);
    assert.ok(confirmationMessages?.message instanceof MarkdownString);
    assert.match(confirmationMessages.message.value, /tiny`\? It runs on this machine: nothing leaves it\.$/);
  });

  it('load no model of a workspace that is not trusted', async () => {
    const trust = Object.getOwnPropertyDescriptor(workspace, 'isTrusted');
    assert.ok(trust);
    const root = workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    await setSetting('rewardModel', join(root, 'model'));
    // Whatever it would be asked, it has nothing to answer with.
    const scores = new RowScores({} as ScoringClient);
    const readRow = (): ScorableRow => ({ kind: 'single', id: 'x', input: { kind: 'text', text: 'x' } });
    const tool = new RewardTool({ scores, title: () => 'Score', readRow });
    const { token } = new CancellationTokenSource();
    Object.defineProperty(workspace, 'isTrusted', { ...trust, get: () => false });
    try {
      const { confirmationMessages } = tool.prepareInvocation({ input: {} });
      assert.ok(confirmationMessages?.message instanceof MarkdownString);
      assert.match(confirmationMessages.message.value, /a model that this workspace may not load/);
      const result = tool.invoke({ toolInvocationToken: undefined, input: {} }, token);
      await assert.rejects(result, /not trusted.+The user can trust the workspace/);
    } finally {
      Object.defineProperty(workspace, 'isTrusted', trust);
      await setSetting('rewardModel', bench.model);
      scores.dispose();
    }
  });

  it('stop when they are told to, without an answer', async () => {
    const signals: AbortSignal[] = [];
    const tool = new RewardTool({
      scores: {
        score: (_row, { signal }) => {
          signals.push(signal);
          return new Promise((_resolve, reject) => {
            const stop = (): void => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
            signal.addEventListener('abort', stop);
          });
        },
      },
      title: () => 'Score',
      readRow: () => ({ kind: 'single', id: 'x', input: { kind: 'text', text: 'x' } }),
    });
    const source = new CancellationTokenSource();
    const result = tool.invoke({ toolInvocationToken: undefined, input: {} }, source.token);
    source.cancel();
    await assert.rejects(result, (error) => error instanceof Error && error.name === 'Canceled');
    assert.equal(signals[0]?.aborted, true);
    source.dispose();
  });
});
