import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { RowError } from '../../core/reward/rewardBreakdown';
import type { FeatureMatrix, FeaturePlace, FeatureSpec } from '../../core/training/featureMatrix';

export interface FeatureSourceParams {
  /** A checkpoint folder, a .gguf file, a hub id in the local cache, or `starter`. */
  readonly reference: string;
  /** Folder from which a relative reference starts. */
  readonly cwd?: string | undefined;
  readonly spec: FeatureSpec;
  /** Longer texts lose their beginning; null: the model's context, and longer texts are errors. */
  readonly maxTokens: number | null;
  /** false: texts longer than `maxTokens` are errors too. Default true. */
  readonly truncate?: boolean | undefined;
  /** Where features are kept; default: in the cache of this machine. */
  readonly folder?: string | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
}

/** Where the features of texts come from: what was kept, else the model, which is opened only then. */
export interface FeatureSource {
  readonly body: FeatureBody;
  /** What closes the user's turn and opens the assistant's in the body's template; null: it has no such text. */
  readonly gateText: string | null;
  /** What has been done so far. */
  readonly counts: FeatureCounts;
  /**
   * The features of some texts. Texts that are the same share a row; those that follow each other and begin alike share
   * the work. What is made is on the disk, window by window, before it is counted: a killed run goes on there.
   * @throws AlidadeError `device`, `no_space`, `permission`, `format` (the store), `gate_not_found` (no gate text),
   * `cancelled`.
   */
  read(inputs: readonly ScorableInput[], context: JobContext): Promise<TextFeatures>;
  /** Gives back the model's memory; what was read can still be read, and the model is opened again when it is needed. */
  closeModel(): Promise<void>;
  /** Closes the model and all files: what was read can no longer be read. */
  release(): Promise<void>;
}

/** The model whose states are read. */
export interface FeatureBody {
  readonly name: string;
  /** SHA-256 of its weights: of their one file, or of the hashes of several. The same on every machine. */
  readonly hash: string;
  readonly hiddenSize: number;
  readonly layerCount: number;
}

export interface FeatureCounts {
  /** Different texts that were asked for. */
  readonly texts: number;
  /** Of these, made with the model. */
  readonly made: number;
  /** Of these, there already. */
  readonly kept: number;
  /** Of these, impossible: too long, without a response. */
  readonly errors: number;
}

export interface TextFeatures {
  /** By input: its row in the matrices, or why it has none. */
  readonly places: readonly ({ readonly row: number } | { readonly error: RowError })[];
  /** The states at one of the places of the spec, one row a text. */
  matrix(place: FeaturePlace): FeatureMatrix;
  /** Tokens of each row's response. */
  readonly responseTokens: Int32Array; // [rows]
}
