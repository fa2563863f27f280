import { RequestType } from 'vscode-jsonrpc';
import type { RecipeModel } from '../core/merging/mergeRecipe';
import type { MergeSourceReading } from '../core/merging/mergeSource';
import type { LongRequestParams, WireErrorData } from './sidecar';

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
