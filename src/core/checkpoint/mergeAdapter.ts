import { scaleOfModule } from './adapterConfig';
import type { AdapterConfig } from './adapterConfig';
import type { TensorEntry } from './tensorEntry';

export interface AdapterParts {
  readonly config: AdapterConfig;
  /** The tensors of adapter_model.safetensors, under their own names. */
  readonly adapter: ReadonlyMap<string, TensorEntry>;
  /** The tensors of the base. */
  readonly base: ReadonlyMap<string, TensorEntry>;
  /** Matrices of the base that are stored as [inputs, outputs]. */
  readonly conv1d: ReadonlySet<string>;
  /** Names of the embedding table and of the language-model head, which may be the same weights. */
  readonly embedding: string;
  readonly languageModelHead: string;
}

export interface MergedTensors {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** In words, all of them. */
  readonly problems: readonly string[];
}

/** One module's part of an adapter. */
interface ModuleUpdate {
  a?: TensorEntry;
  b?: TensorEntry;
  magnitude?: TensorEntry;
  isEmbedding: boolean;
}

/**
 * The tensors of a base with a LoRA adapter on them (PEFT 0.21, tuners/lora): matrices carry what is added to them; biases,
 * heads and embeddings that were trained whole (`bias`, `modules_to_save`) take the place of the base's or come anew.
 */
export function mergeAdapter(parts: AdapterParts): MergedTensors {
  const { adapter, config, embedding, languageModelHead } = parts;
  const problems: string[] = [];
  const updates = new Map<string, ModuleUpdate>();
  const tensors = new Map(parts.base);
  /** The weights of embedding and head as long as they are the same. */
  let shared = tensors.has(languageModelHead) ? undefined : tensors.get(embedding);
  for (const [key, entry] of adapter) {
    const target = readKey(key);
    if (target === null) {
      problems.push(`the adapter's tensor ${key} is of a kind that is not known`);
    } else if (target.part === 'whole') {
      const name = nameInBase(target.name, parts.base) ?? target.name;
      const isCopy = config.modulesToSave.some((module) => endsWith(name, `${module}.weight`));
      const isShared = shared !== undefined && !isCopy && (name === embedding || name === languageModelHead);
      tensors.set(isShared ? embedding : name, { ...entry, name: isShared ? embedding : name });
      if (isShared) shared = tensors.get(embedding);
    } else {
      const update = updates.get(target.name) ?? { isEmbedding: target.isEmbedding };
      update[target.part] = entry;
      updates.set(target.name, update);
    }
  }
  if (adapter.size === 0) problems.push('the adapter has no tensors');
  for (const [module, update] of updates) {
    const weight = `${module}.weight`;
    const isTiedHead = shared !== undefined && endsWith(languageModelHead, weight);
    const name = isTiedHead ? languageModelHead : nameInBase(weight, tensors);
    const entry = isTiedHead ? shared : name === null ? undefined : tensors.get(name);
    if (entry === undefined || name === null) {
      problems.push(`the adapter changes ${module}, which its base does not have`);
      continue;
    }
    if (shared !== undefined && config.keepsTyingEmbeddings && (name === embedding || name === languageModelHead)) {
      problems.push(
        `ensure_weight_tying with LoRA on ${module} is not supported: merge the adapter into its base with PEFT`,
      );
      continue;
    }
    const changed = applyUpdate({ entry, module, update, parts }, problems);
    if (changed !== null) tensors.set(name, { ...changed, name });
  }
  const isEmbeddingAlone = tensors.get(embedding) !== shared && !tensors.has(languageModelHead);
  if (shared !== undefined && isEmbeddingAlone && !config.keepsTyingEmbeddings) {
    // PEFT changes the table where it is read; the head goes on with the weights that they had in common.
    tensors.set(languageModelHead, { ...shared, name: languageModelHead });
  }
  return { tensors, problems };
}

type KeyTarget =
  | { readonly part: 'a' | 'b' | 'magnitude'; readonly name: string; readonly isEmbedding: boolean }
  | { readonly part: 'whole'; readonly name: string };

/** What a key of the adapter's file stands for; null: nothing that is known. */
function readKey(key: string): KeyTarget | null {
  const name = /^base_model\.model\.(.+)$/.exec(key)?.[1];
  if (name === undefined) return null;
  const matrix = /^(.+)\.lora_(embedding_)?([AB])(?:\.default)?(\.weight)?$/.exec(name);
  if (matrix !== null) {
    const [, module, embedding, letter] = matrix;
    return { part: letter === 'A' ? 'a' : 'b', name: module, isEmbedding: embedding !== undefined };
  }
  const magnitude = /^(.+)\.lora_magnitude_vector(?:\.default)?(?:\.weight)?$/.exec(name);
  if (magnitude !== null) return { part: 'magnitude', name: magnitude[1], isEmbedding: false };
  if (/\.(lora_|token_adapter\.|trainable_tokens_|original_module\.)/.test(name)) return null;
  return { part: 'whole', name: name.replace(/\.modules_to_save(\.default)?\./, '.').replace(/\.base_layer\./, '.') };
}

/** Bodies are saved and wrapped with and without the name of the body before their modules. */
const bodyPrefixes = ['model.', 'transformer.', 'gpt_neox.'] as const;

/** The name under which the base has a tensor; null: it has none. */
function nameInBase(name: string, tensors: ReadonlyMap<string, TensorEntry>): string | null {
  const spellings = bodyPrefixes.flatMap((prefix) => [
    prefix + name,
    ...(name.startsWith(prefix) ? [name.slice(prefix.length)] : []),
  ]);
  const found = [name, ...spellings].find((spelling) => tensors.has(spelling));
  if (found !== undefined) return found;
  for (const [known, { storedName }] of tensors) if (storedName === name) return known;
  return null;
}

function endsWith(name: string, end: string): boolean {
  return name === end || name.endsWith(`.${end}`);
}

interface UpdateParams {
  readonly entry: TensorEntry;
  readonly module: string;
  readonly update: ModuleUpdate;
  readonly parts: AdapterParts;
}

/** The tensor with what is added to it; null where the parts do not fit, which is said. */
function applyUpdate({ entry, module, update, parts }: UpdateParams, problems: string[]): TensorEntry | null {
  const { a, b, magnitude, isEmbedding } = update;
  if (a === undefined || b === undefined) {
    problems.push(`the adapter has only one of the two matrices of ${module}`);
    return null;
  }
  const { rank, scale } = scaleOfModule(parts.config, module);
  const isTransposed = isEmbedding || parts.conv1d.has(entry.name);
  const [rows, columns] = entry.shape;
  const [outputs, inputs] = isTransposed ? [columns, rows] : [rows, columns];
  const fits = entry.shape.length === 2 && isShape(a, [rank, inputs]) && isShape(b, [outputs, rank]);
  if (!fits) {
    const shapes = [b, a].map(({ shape }) => `[${shape.join(', ')}]`).join(' · ');
    problems.push(
      `the adapter's ${shapes} of rank ${rank} does not fit ${entry.name} [${entry.shape.join(', ')}]` +
        (isTransposed ? ', which it changes turned round' : ''),
    );
    return null;
  }
  if ((magnitude !== undefined) !== parts.config.usesDora) {
    problems.push(
      `the adapter ${magnitude === undefined ? 'lacks' : 'has'} a magnitude for ${module}, unlike its use_dora`,
    );
    return null;
  }
  if (magnitude !== undefined && isTransposed) {
    problems.push(`DoRA on ${module} is not supported: merge the adapter into its base with PEFT`);
    return null;
  }
  if (magnitude !== undefined && !isShape(magnitude, [outputs])) {
    problems.push(`the magnitude of ${module} has the shape [${magnitude.shape.join(', ')}], [${outputs}] expected`);
    return null;
  }
  return { ...entry, adapter: { a, b, rank, scale, isTransposed, magnitude: magnitude ?? null } };
}

function isShape({ shape }: TensorEntry, wanted: readonly number[]): boolean {
  return shape.length === wanted.length && shape.every((size, index) => size === wanted[index]);
}
