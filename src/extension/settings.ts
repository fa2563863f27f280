import type { DeviceChoice, DtypeChoice } from '../core/device';

/** Value types of the settings, by their name after `alidade.`. */
export interface Settings {
  readonly rewardModel: string;
  /** A head file in the place of the model's own head; empty: the model's own. */
  readonly head: string;
  /** The model is a causal one that judges pairs. */
  readonly judge: boolean;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  /** 0: as many as the machine has cores. */
  readonly threads: number;
  /** Folders besides the workspace, absolute or relative to it. */
  readonly modelFolders: readonly string[];
  /** Tokens; 0: the model's context. */
  readonly maxTokens: number;
  readonly truncate: boolean;
  readonly weights: Readonly<Record<string, number>>;
  readonly 'hover.enabled': boolean;
  readonly 'lens.enabled': boolean;
  /** `whenFast`: once the model has answered within a few seconds. */
  readonly 'lens.autoScore': 'never' | 'whenFast' | 'always';
  /** Who answers prompts. */
  readonly 'generator.source': 'local' | 'endpoint' | 'editor';
  /** A causal model on this machine. */
  readonly 'generator.model': string;
  /** Address of an OpenAI-compatible server. */
  readonly 'generator.endpoint': string;
  /** Empty: the server's own choice. */
  readonly 'generator.endpointModel': string;
  /** Id of a language model of the editor; empty: the first one. */
  readonly 'generator.editorModel': string;
  readonly 'generator.answers': number;
  readonly 'generator.temperature': number;
  /** Tokens. */
  readonly 'generator.maxNewTokens': number;
  /** Globs of further prompt files. */
  readonly promptFiles: readonly string[];
  'diagnostics.enabled': boolean;
  /** In units of the model's score: a label that is contradicted by less is left alone. */
  'diagnostics.margin': number;
  /** With every rounding that mergekit makes, instead of one. */
  'merge.mergekitCompatible': boolean;
  /** Of a weight file at most, in GB (decimal). */
  'merge.shardSize': number;
  /** Empty: the editor's own Node. */
  readonly nodePath: string;
}

export type SettingName = keyof Settings;
export type SettingScope = 'machine' | 'machine-overridable' | 'window' | 'resource';

export interface SettingRow<Value> {
  readonly default: Value;
  readonly scope: SettingScope;
  /** An untrusted workspace may not set it. */
  readonly restricted: boolean;
}

/** The manifest's `contributes.configuration` says the same: a test compares them. */
export const settings: { readonly [Name in SettingName]: SettingRow<Settings[Name]> } = {
  rewardModel: { default: 'starter', scope: 'machine-overridable', restricted: true },
  head: { default: '', scope: 'machine-overridable', restricted: true },
  judge: { default: false, scope: 'machine-overridable', restricted: false },
  device: { default: 'auto', scope: 'machine-overridable', restricted: false },
  dtype: { default: 'auto', scope: 'machine-overridable', restricted: false },
  threads: { default: 0, scope: 'machine-overridable', restricted: false },
  modelFolders: { default: [], scope: 'machine-overridable', restricted: true },
  maxTokens: { default: 0, scope: 'window', restricted: false },
  truncate: { default: false, scope: 'window', restricted: false },
  weights: { default: {}, scope: 'window', restricted: false },
  'hover.enabled': { default: true, scope: 'window', restricted: false },
  'lens.enabled': { default: true, scope: 'window', restricted: false },
  'lens.autoScore': { default: 'whenFast', scope: 'window', restricted: false },
  'generator.source': { default: 'local', scope: 'window', restricted: true },
  'generator.model': { default: 'starter', scope: 'machine-overridable', restricted: true },
  'generator.endpoint': { default: '', scope: 'machine', restricted: true },
  'generator.endpointModel': { default: '', scope: 'window', restricted: true },
  'generator.editorModel': { default: '', scope: 'window', restricted: true },
  'generator.answers': { default: 4, scope: 'window', restricted: false },
  'generator.temperature': { default: 0.7, scope: 'window', restricted: false },
  'generator.maxNewTokens': { default: 256, scope: 'window', restricted: false },
  promptFiles: { default: [], scope: 'window', restricted: false },
  'diagnostics.enabled': { default: true, scope: 'window', restricted: false },
  'diagnostics.margin': { default: 0, scope: 'window', restricted: false },
  'merge.mergekitCompatible': { default: false, scope: 'window', restricted: false },
  'merge.shardSize': { default: 5, scope: 'window', restricted: false },
  nodePath: { default: '', scope: 'machine', restricted: true },
};
