import { RequestType } from 'vscode-jsonrpc';
import type { DeviceChoice } from '../core/device';
import type { GeneratedAnswer } from '../core/generation/generatedAnswer';
import type { LayerBlock } from '../core/merging/hma/layerBlocks';
import type { MergeMeasurement } from '../core/merging/mergeMeasurement';
import type { MergeResult } from '../core/merging/mergeResult';
import type { RecipeModel } from '../core/merging/recipe/mergeRecipe';
import type { MergeSourceReading } from '../core/merging/plan/mergeSource';
import type { Message } from '../core/promptFile/message';
import type { LongRequestParams, ModelSelection, WireErrorData } from './sidecar';

/** Messages that concern merging; see `sidecar.ts`. */

export interface ReadMergeSourcesParams extends LongRequestParams {
  readonly models: readonly Omit<RecipeModel, 'span'>[];
  /** Absolute; relative paths are taken from each in turn, then from the hub's cache. */
  readonly folders: readonly string[];
  /** Read the tokens of each model too: what policies for tokenizers need. */
  readonly withVocabulary: boolean;
}

export interface ReadMergeSourcesResult {
  /** One a model, in their order. */
  readonly sources: readonly MergeSourceReading[];
}

/** What a plan needs of the models of a recipe, from headers and small files. */
export const readMergeSourcesRequest = new RequestType<ReadMergeSourcesParams, ReadMergeSourcesResult, WireErrorData>(
  'readMergeSources',
);

export interface RunMergeParams extends LongRequestParams {
  /** The recipe as it is in the editor. */
  readonly text: string;
  /** Its absolute path: models are looked for from its folder. */
  readonly path: string;
  /** Absolute path of the folder that is made; it appears when it is complete. */
  readonly target: string;
  /** Go on where an interrupted run into the same target stopped. */
  readonly resume: boolean;
  /** A folder that is there is replaced at the end. */
  readonly force: boolean;
  readonly mergekitCompatible: boolean;
  /** Decimal bytes of a weight file at most. */
  readonly shardBytes: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Writes a merge. */
export const runMergeRequest = new RequestType<RunMergeParams, MergeResult, WireErrorData>('runMerge');

/** A merge that runs without being written, and how. */
export interface MergeSelection {
  /** The recipe as it is in the editor. */
  readonly recipe: string;
  /** Absolute; relative paths in it are taken from each in turn. */
  readonly folders: readonly string[];
  /** Default: `exact`. */
  readonly arithmetic?: 'exact' | 'mergekit';
  /** A head file on the merged body, instead of the merged head; `starter`: the starter's meters. */
  readonly headPath?: string;
  /** The same for a merge that has no reward head of its own. */
  readonly fallbackHead?: string;
  /** `auto` is the CPU: the weights go to the device with every run. */
  readonly device: DeviceChoice;
  readonly threads?: number;
}

/** How prompts are answered. */
export interface AnswerSettings {
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface MeasureMergeParams extends LongRequestParams, Pick<ModelSelection, 'weights'> {
  readonly merge: MergeSelection;
  /** Absolute paths; null: none. Not both rows, which the merged model scores, and prompts, which it answers. */
  readonly inputs: { readonly rows: string | null; readonly texts: string | null; readonly prompts: string | null };
  /** Rows of data files, tokens of a plain text; all of them where nothing is said. */
  readonly limits?: { readonly rows?: number; readonly textTokens?: number };
  readonly maxTokens?: number;
  readonly truncate?: boolean;
  /** For prompts: how they are answered, and the reward model that scores the answers. */
  readonly answers?: AnswerSettings & { readonly scorer: ModelSelection };
}

export interface MeasureMergeResult {
  readonly measurement: MergeMeasurement;
}

export interface GenerateMergedParams extends LongRequestParams, AnswerSettings {
  readonly merge: MergeSelection;
  /** Each ends with a turn that can be answered. */
  readonly prompts: readonly { readonly id: string; readonly messages: readonly Message[] }[];
}

export interface GenerateMergedResult {
  /** One a prompt, in their order. */
  readonly answers: readonly GeneratedAnswer[];
}

/**
 * Reward and perplexity of a merge without writing it. What has been merged stays in memory: another recipe of the same
 * models costs the tensors that change.
 */
export const measureMergeRequest = new RequestType<MeasureMergeParams, MeasureMergeResult, WireErrorData>(
  'measureMerge',
);

/** What a merge answers to prompts, without writing it; each answer is also told by `answer`. */
export const generateMergedRequest = new RequestType<GenerateMergedParams, GenerateMergedResult, WireErrorData>(
  'generateMerged',
);

export interface DistilMergeParams extends LongRequestParams, AnswerSettings {
  /** An average of two models by blocks; its mean is held. */
  readonly merge: MergeSelection;
  readonly blocks: readonly LayerBlock[];
  /** Absolute path of a data file. */
  readonly prompts: string;
  readonly limits?: { readonly rows?: number };
  /** Scores the answers. */
  readonly scorer: ModelSelection;
  /** Answers of the model after RLHF to each prompt. */
  readonly answers: number;
  /** How many ratios are tried. */
  readonly budget: number;
}

export interface DistilMergeResult {
  /** Shares of the model before RLHF under which the best answers are most likely. */
  readonly ratios: readonly number[];
}

/** HMA's proxy distillation: ratios for the blocks of a recipe, found in memory. */
export const distilMergeRequest = new RequestType<DistilMergeParams, DistilMergeResult, WireErrorData>('distilMerge');

/** Frees the memory of the merge that was measured last. */
export const closeMergeRequest = new RequestType<LongRequestParams, null, WireErrorData>('closeMerge');
