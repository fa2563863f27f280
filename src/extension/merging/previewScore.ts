import { basename } from 'node:path';
import type { Memento } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Progress } from '../../core/jobContext';
import type { LayerBlock } from '../../core/merging/hma/layerBlocks';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';
import type { ScoreInput, ScoreView, WorkState } from '../../protocol/mergePreviewView';
import { describeError } from '../reportError';
import type { PlannedRecipe } from './planView';
import { mostTrials, readTrials, summarise, trialViews, withTrial, type KeptTrial } from './previewTrials';

/** What is to be measured: a recipe and its plan. */
export interface MeasuredRecipe extends PlannedRecipe {
  readonly text: string;
  /** From which its relative paths are taken. */
  readonly folders: readonly string[];
  readonly ratios: readonly number[] | null;
  readonly blocks: readonly LayerBlock[] | null;
}

/** Absolute paths of the files on which a merge is measured; null: none. */
export type ScoreInputs = Readonly<Record<ScoreInput, string | null>>;

export interface MeasureContext {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

export interface PreviewScoreParams {
  /** Of the recipe: what the memory is kept by. */
  readonly uri: string;
  readonly memory: Memento;
  readonly measure: (recipe: MeasuredRecipe, inputs: ScoreInputs, context: MeasureContext) => Promise<MergeMeasurement>;
  readonly onDidChange: () => void;
}

const noInputs: ScoreInputs = { rows: null, prompts: null, texts: null };

/** What a recipe has been measured to be, and measuring it again; kept over a reload of the window. */
export class PreviewScore {
  readonly #params: PreviewScoreParams;
  #inputs: ScoreInputs;
  #trials: readonly KeptTrial[];
  #follows = true;
  /** The user has asked for a measurement since the page was opened: changes are followed from then on. */
  #isWanted = false;
  #work: WorkState = { kind: 'idle' };
  #run: { readonly fingerprint: string; readonly stop: AbortController } | null = null;

  constructor(params: PreviewScoreParams) {
    this.#params = params;
    this.#inputs = readInputs(params.memory.get(inputsKey(params.uri)));
    this.#trials = readTrials(params.memory.get(trialsKey(params.uri)));
  }

  /** @param current of the recipe as it is; null: it has no plan. */
  view(current: MeasuredRecipe | null): ScoreView {
    const fingerprint = current === null ? null : fingerprintOf(current);
    const trials = this.#comparable();
    const named = (path: string | null): string | null => (path === null ? null : basename(path));
    const { rows, prompts, texts } = this.#inputs;
    return {
      inputs: { rows: named(rows), prompts: named(prompts), texts: named(texts) },
      work: this.#work,
      follows: this.#follows,
      measurement: trials.find((trial) => trial.fingerprint === fingerprint)?.measurement ?? null,
      trials: trialViews(trials, fingerprint),
    };
  }

  /** There is something to measure on. */
  get hasInputs(): boolean {
    return Object.values(this.#inputs).some((path) => path !== null);
  }

  get inputs(): ScoreInputs {
    return this.#inputs;
  }

  get isRunning(): boolean {
    return this.#run !== null;
  }

  get hasTrials(): boolean {
    return 0 < this.#comparable().length;
  }

  /** On the files that are chosen now. */
  get trials(): readonly KeptTrial[] {
    return this.#comparable();
  }

  /** As the page shows them. */
  trial(index: number): KeptTrial | null {
    return this.#comparable()[index] ?? null;
  }

  async setInput(input: ScoreInput, path: string | null): Promise<void> {
    this.stop();
    // Either given responses are scored, or those that the merged model gives.
    const other = path === null ? {} : input === 'rows' ? { prompts: null } : input === 'prompts' ? { rows: null } : {};
    this.#inputs = { ...this.#inputs, ...other, [input]: path };
    this.#setWork({ kind: 'idle' });
    await this.#params.memory.update(inputsKey(this.#params.uri), this.#inputs);
  }

  setFollows(follows: boolean): void {
    this.#follows = follows;
    this.#params.onDidChange();
  }

  async forgetTrials(): Promise<void> {
    const kept = this.#comparable();
    this.#trials = this.#trials.filter((trial) => !kept.includes(trial));
    this.#params.onDidChange();
    await this.#keep();
  }

  /** The recipe may have changed: it is measured again where that is wanted. */
  follow(current: MeasuredRecipe): void {
    if (!this.#isWanted || !this.#follows || !this.hasInputs) return;
    const fingerprint = fingerprintOf(current);
    if (this.#run?.fingerprint === fingerprint) return;
    if (this.#comparable().some((trial) => trial.fingerprint === fingerprint)) this.stop();
    else void this.start(current);
  }

  /** Measures; a measurement of another plan is given up for it. */
  async start(recipe: MeasuredRecipe): Promise<void> {
    this.#run?.stop.abort();
    const run = { fingerprint: fingerprintOf(recipe), stop: new AbortController() };
    this.#run = run;
    this.#isWanted = true;
    const inputs = this.#inputs;
    const { signal } = run.stop;
    this.#setWork({ kind: 'running', progress: { message: '' } });
    try {
      const measurement = await this.#params.measure(recipe, inputs, {
        signal,
        progress: (progress) => {
          if (!signal.aborted) this.#setWork({ kind: 'running', progress });
        },
      });
      if (!signal.aborted) await this.add(recipe, measurement);
      if (this.#run === run) this.#end({ kind: 'idle' });
    } catch (error) {
      if (this.#run === run) this.#end(failureOf(error));
    }
  }

  stop(): void {
    if (this.#run === null) return;
    this.#run.stop.abort();
    this.#end({ kind: 'idle' });
  }

  /** A measurement on the files that are chosen now, whoever made it. */
  async add(recipe: MeasuredRecipe, measurement: MergeMeasurement): Promise<void> {
    const { ratios, blocks, text } = recipe;
    const fingerprint = fingerprintOf(recipe);
    const trial: KeptTrial = {
      ...{ fingerprint, ratios, blocks, recipe: text },
      measuredOn: keyOf(this.#inputs),
      measurement: summarise(measurement),
    };
    this.#trials = withTrial(this.#trials, trial);
    this.#params.onDidChange();
    await this.#keep();
  }

  dispose(): void {
    this.#run?.stop.abort();
    this.#run = null;
  }

  #comparable(): readonly KeptTrial[] {
    const key = keyOf(this.#inputs);
    return this.#trials.filter(({ measuredOn }) => measuredOn === key);
  }

  #end(work: WorkState): void {
    this.#run = null;
    this.#setWork(work);
  }

  #setWork(work: WorkState): void {
    this.#work = work;
    this.#params.onDidChange();
  }

  async #keep(): Promise<void> {
    await this.#params.memory.update(trialsKey(this.#params.uri), this.#trials.slice(-mostTrials));
  }
}

export function failureOf(error: unknown): WorkState {
  const described = describeError(error);
  if (described === null) return { kind: 'idle' };
  return { kind: 'failed', code: error instanceof AlidadeError ? error.code : 'internal', ...described };
}

/** Of what the last stage writes, which has those before it in it. */
export function fingerprintOf({ stages }: PlannedRecipe): string {
  return stages.map(({ fingerprint }) => fingerprint).join(' ');
}

function keyOf(inputs: ScoreInputs): string {
  return JSON.stringify([inputs.rows, inputs.prompts, inputs.texts]);
}

function inputsKey(uri: string): string {
  return `alidade.mergePreview.inputs ${uri}`;
}

function trialsKey(uri: string): string {
  return `alidade.mergePreview.trials ${uri}`;
}

function readInputs(value: unknown): ScoreInputs {
  if (typeof value !== 'object' || value === null) return noInputs;
  const read = (input: ScoreInput): string | null => {
    const path = (value as Record<string, unknown>)[input];
    return typeof path === 'string' ? path : null;
  };
  return { rows: read('rows'), prompts: read('prompts'), texts: read('texts') };
}
