import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExtensionContext, Memento, TextDocument, WebviewPanel } from 'vscode';
import { commands, EventEmitter, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import { hmaRecipe } from '../../src/core/merging/hma/hmaRecipe';
import { blocksOfCuts, evenBlocks } from '../../src/core/merging/hma/layerBlocks';
import { parseSplitTag } from '../../src/core/merging/hma/splitTag';
import type { MergeMeasurement } from '../../src/core/merging/mergeMeasurement';
import { parseMergeRecipe } from '../../src/core/merging/recipe/parseMergeRecipe';
import { readMergeSources } from '../../src/engine/merging/readMergeSources';
import { ratiosOfTag } from '../../src/extension/merging/importRatios';
import { WorkProcess } from '../../src/extension/sidecar/workProcess';
import { MergePreviewPanel } from '../../src/extension/merging/mergePreviewPanel';
import { blockRatiosOf } from '../../src/extension/merging/planView';
import { applyRecipeEdits } from '../../src/core/merging/hma/writeBlockRatios';
import { ratioEdits } from '../../src/extension/merging/ratioEdits';
import { RecipePlans } from '../../src/extension/merging/recipePlans';
import type { SidecarClient } from '../../src/extension/sidecar/sidecarClient';
import * as wire from '../../src/protocol/mergePreviewView';
import type { MeasureMergeParams } from '../../src/protocol/sidecarMerge';
import { writeMergePair } from '../fixtures/mergePair';
import { quietContext } from '../fixtures/quietContext';
import { extension, until } from './workbench';

type RecipeState = Extract<wire.MergePreviewState, { kind: 'recipe' }>;
type Measure = (params: Omit<MeasureMergeParams, 'requestToken'>, signal: AbortSignal) => Promise<MergeMeasurement>;

/** The extension's end of the page alone: what is measured is the test's own. */
describe('the panel of the merge preview', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'alidade-merge-'));
  const client = {
    readMergeSources: async (
      params: Parameters<SidecarClient['readMergeSources']>[0],
      { signal }: { signal: AbortSignal },
    ) => ({
      sources: await readMergeSources(params, { signal }),
    }),
  } as unknown as SidecarClient;
  let plans: RecipePlans;
  let panel: MergePreviewPanel | null = null;
  let kept: Map<string, unknown>;

  before(() => {
    writeMergePair({ folder });
    plans = new RecipePlans({ client, version: '0.0.0' });
  });
  beforeEach(() => (kept = new Map()));
  afterEach(async () => {
    panel?.dispose();
    panel = null;
    await commands.executeCommand('workbench.action.files.revert');
    await commands.executeCommand('workbench.action.closeAllEditors');
  });
  after(() => {
    plans.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const memory: Memento = {
    keys: () => [...kept.keys()],
    get: <Value>(key: string) => kept.get(key) as Value,
    update: (key, value) => {
      kept.set(key, JSON.parse(JSON.stringify(value)));
      return Promise.resolve();
    },
  };

  async function openRecipe(name: string, ratios: readonly number[] = [0.4, 0.3, 0.2]): Promise<TextDocument> {
    const path = join(folder, name);
    const blocks = evenBlocks(6, ratios.length);
    writeFileSync(path, hmaRecipe({ before: 'sft', after: 'rlhf', blocks, ratios, alpha: 0.3, dtype: 'bfloat16' }));
    const document = await workspace.openTextDocument(Uri.file(path));
    await window.showTextDocument(document);
    return document;
  }

  interface Page {
    readonly state: () => RecipeState;
    readonly ask: (method: string, params: unknown) => Promise<unknown>;
    readonly ratios: () => readonly number[];
  }

  /** A panel with the other end of its wire in the test. */
  async function show(document: TextDocument, measure: Measure = never, real?: WorkProcess): Promise<Page> {
    const fromPage = new EventEmitter<unknown>();
    const answers = new Map<number, (message: { result?: unknown; error?: { message: string } }) => void>();
    const webview = {
      onDidReceiveMessage: fromPage.event,
      postMessage: (message: { id?: number; result?: unknown }) => {
        if (message.id !== undefined) answers.get(message.id)?.(message);
        return Promise.resolve(true);
      },
    };
    const merges = {
      measureMerge: async (params: Omit<MeasureMergeParams, 'requestToken'>, { signal }: { signal: AbortSignal }) => ({
        measurement: await measure(params, signal),
      }),
      closeMerge: () => Promise.resolve(),
    } as unknown as SidecarClient;
    const process: Pick<WorkProcess, 'use' | 'hold'> = {
      hold: () => ({ client: merges, dispose: () => undefined }),
      use: (work) => work(merges),
    };
    const fake = { webview, reveal: () => undefined, dispose: () => undefined, viewColumn: 2 };
    const shown = new MergePreviewPanel(
      { plans, process: real ?? process, memory },
      fake as unknown as WebviewPanel,
      false,
    );
    panel = shown;
    shown.show(document);
    let id = 0;
    const page: Page = {
      state: () => {
        const { state } = shown.view;
        assert.ok(state.kind === 'recipe');
        return state;
      },
      ask: (method, params) =>
        new Promise((resolve, reject) => {
          id += 1;
          answers.set(id, ({ result, error }) =>
            error === undefined ? resolve(result) : reject(new Error(error.message)),
          );
          fromPage.fire({ jsonrpc: '2.0', id, method, params });
        }),
      ratios: () => page.state().plan?.sliders?.blocks.map(({ ratio }) => ratio) ?? [],
    };
    await until('the plan is there', () => page.state().plan !== null);
    return page;
  }

  it('writes ratios as one step that can be undone, and keeps comments', async () => {
    const document = await openRecipe('write.merge.yml');
    const before = document.getText();
    const { ask, ratios } = await show(document);
    assert.deepEqual(ratios(), [0.4, 0.3, 0.2]);
    await ask(wire.writeRatios.method, { ratios: [0.6, 0.2, 0.1] });
    assert.ok(document.getText().includes('# HMA'));
    assert.deepEqual(parseMergeRecipe(document.getText()).problems, []);
    await until('the sliders follow', () => ratios().join() === '0.6,0.2,0.1');
    await commands.executeCommand('undo');
    assert.equal(document.getText(), before);
    await until('the sliders are back', () => ratios().join() === '0.4,0.3,0.2');
  });

  it('plans what is tried at once, and writes nothing of it', async () => {
    const document = await openRecipe('try.merge.yml');
    const before = document.getText();
    const { ask } = await show(document);
    const times: number[] = [];
    for (const ratio of [0.1, 0.2, 0.3, 0.4, 0.5]) {
      const began = performance.now();
      const plan = (await ask(wire.tryRatios.method, { ratios: [ratio, 0.3, 0.2] })) as wire.PlanView | null;
      times.push(performance.now() - began);
      assert.equal(plan?.sliders?.blocks[0]?.ratio, ratio);
      // Layer 0 of attention in the model before RLHF.
      assert.equal(plan?.stages[0]?.map.measures[0]?.strips[0]?.layers[0]?.[0], ratio);
    }
    assert.equal(document.getText(), before);
    assert.ok(Math.min(...times) < 100, String(times));
  });

  it('cuts the layers otherwise, each block with the mean of what its layers had', async () => {
    const document = await openRecipe('cut.merge.yml');
    const { ask, ratios, state } = await show(document);
    await ask(wire.cutBlocks.method, { blocks: 6 });
    await until('there are six', () => ratios().join() === '0.4,0.4,0.3,0.3,0.2,0.2');
    assert.deepEqual(parseMergeRecipe(document.getText()).problems, []);
    await ask(wire.cutBlocks.method, { blocks: 2 });
    await until('there are two', () => ratios().length === 2);
    assert.deepEqual(
      ratios().map((ratio) => Number(ratio.toFixed(4))),
      [0.3667, 0.2333],
    );
    await ask(wire.cutBlocks.method, { blocks: 1 });
    await until('there is one', () => ratios().join() === '0.3');
    assert.equal(state().problems.filter(({ severity }) => severity === 'error').length, 0);
  });

  it('takes over a tag of the reference code as it is, the head from after RLHF where it says so', async () => {
    const document = await openRecipe('tag.merge.yml');
    const text = document.getText();
    const recipes = parseMergeRecipe(text).recipes;
    const { stages } = await plans.planText(document, text, new AbortController().signal);
    const current = blockRatiosOf({ recipes, stages }, null);
    const tag = parseSplitTag('models/llama_split0|0#2|0.5|0.25|0.125_final');
    assert.ok(current !== null && 'value' in tag);
    const blocks = blocksOfCuts(tag.value.cuts, 6);
    assert.ok('value' in blocks);
    const change = ratiosOfTag({ tag: tag.value, blocks: blocks.value }, current);
    const written = applyRecipeEdits(text, ratioEdits(text, { recipes, stages }, change) ?? []);
    const again = await plans.planText(document, written, new AbortController().signal);
    const read = blockRatiosOf(again, null);
    assert.deepEqual(read?.blocks, [
      { first: 0, last: 0 },
      { first: 1, last: 2 },
      { first: 3, last: 5 },
    ]);
    assert.deepEqual([read?.ratios, read?.embedding, read?.head], [[0.5, 0.25, 0.125], 0.5, 0]);
  });

  it('refuses to write into what is no average of two models any more', async () => {
    const document = await openRecipe('other.merge.yml');
    const { ask } = await show(document);
    const editor = await window.showTextDocument(document);
    const at = document.positionAt(document.getText().indexOf('linear\n'));
    await editor.edit((edit) => edit.insert(at, 'ties # '));
    await assert.rejects(ask(wire.writeRatios.method, { ratios: [0.6, 0.2, 0.1] }), /no average/);
  });

  it('measures on the chosen files, again after each change, and puts a point back', async () => {
    const document = await openRecipe('score.merge.yml');
    kept.set(`alidade.mergePreview.inputs ${document.uri.toString()}`, {
      rows: '/data/rows.jsonl',
      prompts: null,
      texts: '/data/wiki.txt',
    });
    const asked: Omit<MeasureMergeParams, 'requestToken'>[] = [];
    const { ask, ratios, state } = await show(document, (params) => {
      asked.push(params);
      return Promise.resolve(measurement(1 - asked.length / 10, 8 + asked.length));
    });
    assert.deepEqual(state().score.inputs, { rows: 'rows.jsonl', prompts: null, texts: 'wiki.txt' });
    assert.ok(state().actions.includes('score'));
    await ask(wire.actOnMergePreview.method, { action: 'score' });
    await until('it is measured', () => state().score.measurement !== null);
    assert.deepEqual(asked[0]?.inputs, { rows: '/data/rows.jsonl', prompts: null, texts: '/data/wiki.txt' });
    assert.equal(asked[0]?.merge.recipe, document.getText());
    assert.equal(state().score.measurement?.reward?.errorCount, 1);
    await ask(wire.writeRatios.method, { ratios: [0.1, 0.2, 0.6] });
    await until('it is measured again', () => state().score.trials.length === 2);
    assert.deepEqual(
      state().score.trials.map(({ onFront, current }) => ({ onFront, current })),
      [
        { onFront: true, current: false },
        { onFront: false, current: true },
      ],
    );
    await ask(wire.restoreTrial.method, { trial: 0 });
    await until('the first ratios are back', () => ratios().join() === '0.4,0.3,0.2');
    await until('and its figures', () => state().score.measurement?.reward?.mean === 0.9);
    assert.equal(asked.length, 2);
    // After a reload of the window the points are there.
    panel?.dispose();
    const again = await show(document);
    assert.equal(again.state().score.trials.length, 2);
  });

  it('says why nothing could be measured, and stops when asked', async () => {
    const document = await openRecipe('fail.merge.yml');
    kept.set(`alidade.mergePreview.inputs ${document.uri.toString()}`, { texts: '/data/wiki.txt' });
    let isAborted = false;
    let fails = true;
    const { ask, state } = await show(document, (_, signal) => {
      if (fails)
        return Promise.reject(new AlidadeError({ code: 'not_found', message: 'no such file', hint: 'choose' }));
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
        });
      });
    });
    await ask(wire.actOnMergePreview.method, { action: 'score' });
    await until('it says why', () => state().score.work.kind === 'failed');
    assert.deepEqual(state().score.work, {
      kind: 'failed',
      code: 'not_found',
      message: 'no such file',
      hint: 'choose',
    });
    fails = false;
    await ask(wire.actOnMergePreview.method, { action: 'score' });
    assert.equal(state().score.work.kind, 'running');
    assert.ok(state().actions.includes('stopScore'));
    await ask(wire.actOnMergePreview.method, { action: 'stopScore' });
    assert.equal(state().score.work.kind, 'idle');
    assert.ok(isAborted);
  });

  it('measures perplexity and compares weights in a process of its own', async () => {
    const document = await openRecipe('real.merge.yml');
    const text = join(folder, 'text.txt');
    writeFileSync(text, 'The sky is blue, and the sea is blue too.\n');
    kept.set(`alidade.mergePreview.inputs ${document.uri.toString()}`, { texts: text });
    const context = { extensionPath: extension().extensionPath, extension: extension() } as unknown as ExtensionContext;
    const real = new WorkProcess({ context, logger: quietContext().logger });
    try {
      const { ask, state } = await show(document, never, real);
      await ask(wire.actOnMergePreview.method, { action: 'score' });
      await until('it is measured', () => state().score.work.kind !== 'running', 30_000);
      assert.deepEqual(state().score.work, { kind: 'idle' });
      const perplexity = state().score.measurement?.perplexity;
      assert.ok(1 < (perplexity?.perplexity ?? 0) && 0 < (perplexity?.tokens ?? 0));
      await ask(wire.actOnMergePreview.method, { action: 'compare' });
      await until('it is compared', () => state().comparing.kind !== 'running', 30_000);
      const { difference } = state();
      assert.deepEqual([difference?.first, difference?.second, difference?.layerCount], ['sft', 'rlhf', 6]);
      assert.ok((difference?.measures[0]?.layers ?? []).flat().every((distance) => 0 < Number(distance)));
    } finally {
      panel?.dispose();
      real.dispose();
    }
  });
});

const never: Measure = () => Promise.reject(new Error('nothing is to be measured'));

function measurement(mean: number, perplexity: number): MergeMeasurement {
  return {
    reward: {
      mean,
      model: 'merged',
      isOfGenerated: false,
      rows: [
        { id: '1', reward: mean, error: null },
        { id: '2', reward: null, error: 'the response is empty' },
      ],
    },
    perplexity: { tokens: 100, nll: 100 * Math.log(perplexity), perplexity },
    mergedTensors: 9,
    mergeMilliseconds: 1,
    milliseconds: 2,
  };
}
