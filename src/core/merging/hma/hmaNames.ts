import { tensorPlace } from '../plan/tensorPlace';

/**
 * What the norms are called, and the tensors outside the layers: filters of a recipe, which fit every tensor whose name
 * contains them.
 */
export interface HmaNames {
  /** They go with the first block. */
  readonly embeddings: readonly string[];
  /** Norms after the last layer. */
  readonly finalNorms: readonly string[];
  /** The language-model head, and other heads. */
  readonly heads: readonly string[];
  /** What the names of norms contain, those of layers too. */
  readonly norms: readonly string[];
}

/** Of Llama, Mistral, Qwen, Gemma, Phi-3 and most others. */
export const usualHmaNames: HmaNames = {
  embeddings: ['embed_tokens'],
  finalNorms: ['model.norm'],
  heads: ['lm_head'],
  norms: ['norm'],
};

/**
 * The names in these models.
 * @param tensors names of all their tensors
 */
export function hmaNamesOf(tensors: Iterable<string>): HmaNames {
  const inside = new Set<string>();
  const norms = new Set<string>();
  const [embeddings, finalNorms, heads]: readonly Set<string>[] = [new Set(), new Set(), new Set()];
  for (const tensor of tensors) {
    const name = tensor.replace(/\.(?:weight|bias)$/, '');
    const { layer, group } = tensorPlace(tensor);
    if (layer !== null) inside.add(name);
    if (group === 'norm') norms.add(name.includes('norm') ? 'norm' : name.replace(/^.*\.\d+\./, ''));
    else if (group === 'finalNorm') finalNorms.add(name);
    else if (group === 'embedding') embeddings.add(name.endsWith('.embed_tokens') ? 'embed_tokens' : name);
    else if (layer === null) heads.add(name);
  }
  // A name that those of layers contain as well would catch them too.
  const filters = (names: ReadonlySet<string>): readonly string[] =>
    [...names].map((name) => ([...inside].some((other) => other.includes(name)) ? `${name}.weight` : name));
  return { embeddings: filters(embeddings), finalNorms: filters(finalNorms), heads: filters(heads), norms: [...norms] };
}
