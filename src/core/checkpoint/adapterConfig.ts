import { AlidadeError } from '../alidadeError';
import { ConfigReader } from './configReader';

/** adapter_config.json of a LoRA adapter as PEFT writes it: what its arithmetic depends on. */
export interface AdapterConfig {
  /** A folder or a hub id, as written. */
  readonly base: string;
  /** Branch, tag or commit of the base on the hub. */
  readonly revision: string | null;
  /** `CAUSAL_LM`, `SEQ_CLS`, …; null when the adapter was made without one. */
  readonly taskType: string | null;
  readonly rank: number;
  readonly alpha: number;
  /** rsLoRA: the scale is alpha / √rank. */
  readonly usesRankStabilisation: boolean;
  /** Ranks and alphas of single modules, by the end of their names or a regular expression for it. */
  readonly rankPattern: ReadonlyMap<string, number>;
  readonly alphaPattern: ReadonlyMap<string, number>;
  readonly usesDora: boolean;
  /** Modules that were trained whole, by the last part of their names: they are copies, also where weights are tied. */
  readonly modulesToSave: readonly string[];
  /** The language-model head follows what the adapter makes of the tied embeddings. */
  readonly keepsTyingEmbeddings: boolean;
}

const mostRank = 65_536;
const mostPatterns = 4096;

/** Settings of PEFT that change the arithmetic in ways that are not read here: any value but null, false or nothing in it. */
const unsupportedSettings = [
  'layer_replication',
  'trainable_token_indices',
  'alora_invocation_tokens',
  'target_parameters',
  'lora_bias',
  'arrow_config',
  'kasa_config',
  'monteclora_config',
] as const;

/** Ways of starting that leave the base as it is; the others (PiSSA, OLoRA, CorDA, LoftQ, LoRA-GA) change it too. */
const harmlessStarts: ReadonlySet<unknown> = new Set([true, false, null, undefined, 'gaussian', 'orthogonal', 'eva']);

/**
 * @throws FormatError for missing or impossible values, AlidadeError `unsupported`, by name, for other kinds of adapters
 * and settings.
 */
export function parseAdapterConfig(json: unknown, file: string): AdapterConfig {
  const config = new ConfigReader(json, file);
  const type = config.text('peft_type') ?? config.fail('peft_type is missing');
  if (type !== 'LORA') throw unsupported(file, `adapters of the type ${type} are not supported`);
  refuseSettings(config);
  const base = config.text('base_model_name_or_path') ?? '';
  if (base === '') config.fail('base_model_name_or_path is missing: it is not known which model this adapter changes');
  return {
    base,
    revision: config.text('revision'),
    taskType: config.text('task_type'),
    rank: config.requiredCount('r', { most: mostRank }),
    alpha: finite(config, 'lora_alpha'),
    usesRankStabilisation: config.flag('use_rslora') ?? false,
    rankPattern: readPattern(config, 'rank_pattern'),
    alphaPattern: readPattern(config, 'alpha_pattern'),
    usesDora: config.flag('use_dora') ?? false,
    modulesToSave: (config.list('modules_to_save') ?? []).filter((name) => typeof name === 'string'),
    keepsTyingEmbeddings: config.flag('ensure_weight_tying') ?? false,
  };
}

export interface ModuleScale {
  readonly rank: number;
  readonly scale: number;
}

/**
 * Rank and scale of a module, as PEFT's get_pattern_key finds them: the first pattern that is the end of the name.
 * @param module the module's name without `base_model.model.`, such as `model.layers.0.self_attn.q_proj`.
 */
export function scaleOfModule(config: AdapterConfig, module: string): ModuleScale {
  const rank = matching(config.rankPattern, module) ?? config.rank;
  const alpha = matching(config.alphaPattern, module) ?? config.alpha;
  return { rank, scale: alpha / (config.usesRankStabilisation ? Math.sqrt(rank) : rank) };
}

function matching(patterns: ReadonlyMap<string, number>, module: string): number | null {
  for (const [pattern, value] of patterns) {
    if (new RegExp(`^(?:.*\\.)?(?:${pattern})$`).test(module)) return value;
  }
  return null;
}

function refuseSettings(config: ConfigReader): void {
  for (const key of unsupportedSettings) {
    if (!isNothing(config.raw(key))) throw unsupported(config.file, `adapters with ${key} are not supported`);
  }
  for (const key of config.keys()) {
    const isOther = key.startsWith('use_') && key !== 'use_rslora' && key !== 'use_dora';
    if (isOther && !isNothing(config.raw(key)))
      throw unsupported(config.file, `adapters with ${key} are not supported`);
  }
  const start = config.raw('init_lora_weights');
  if (harmlessStarts.has(start)) return;
  throw unsupported(
    config.file,
    `adapters with init_lora_weights ${JSON.stringify(start)} are not supported: this start changes the base model too`,
    'save the adapter with path_initial_model_for_weight_conversion, or merge it into its base',
  );
}

function finite(config: ConfigReader, key: string): number {
  const value = config.raw(key);
  return typeof value === 'number' && Number.isFinite(value) ? value : config.fail(`${key} is not a number`);
}

function isNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function readPattern(config: ConfigReader, key: string): Map<string, number> {
  const patterns = config.object(key);
  const read = new Map<string, number>();
  if (patterns === null) return read;
  if (mostPatterns < patterns.keys().length) config.fail(`${key} has ${patterns.keys().length} entries`);
  for (const pattern of patterns.keys()) {
    checkPattern(config, `${key}, ${JSON.stringify(pattern)}`, pattern);
    const value = finite(patterns, pattern);
    if (key === 'rank_pattern' && (!Number.isInteger(value) || value < 1 || mostRank < value)) {
      config.fail(`${key}.${pattern} is ${value}, a rank was expected`);
    }
    read.set(pattern, value);
  }
  return read;
}

/** A regular expression out of a file must neither fail nor take for ever: nothing may be repeated but single characters, twice. */
function checkPattern(config: ConfigReader, what: string, pattern: string): void {
  const repeats = pattern.match(/[*+{]/g)?.length ?? 0;
  const isSimple = pattern.length <= 500 && repeats <= 2 && !/\)[*+{?]/.test(pattern);
  try {
    if (isSimple && new RegExp(pattern) instanceof RegExp) return;
  } catch {
    // Falls through: Python's expressions are not all JavaScript's.
  }
  throw unsupported(config.file, `${what}: this regular expression is not supported`, 'name the module in full');
}

function unsupported(
  file: string,
  problem: string,
  hint = 'merge the adapter into its base with PEFT: merge_and_unload',
): AlidadeError {
  return new AlidadeError({ code: 'unsupported', message: `${file}: ${problem}`, hint });
}
