import type { Activation, RotaryConfig } from '../checkpoint/modelConfig';

/** y = x·Wᵀ + b */
export interface LinearLayer {
  readonly weight: string;
  readonly bias: string | null;
  readonly outputs: number;
  readonly inputs: number;
  /** How the file stores W: `linear` as [outputs, inputs], `conv1d` as [inputs, outputs]. */
  readonly layout: 'linear' | 'conv1d';
}

/** `rms`: root-mean-square norm; `mean`: layer norm, which takes the mean away first. Both over the last axis. */
export interface NormLayer {
  readonly kind: 'rms' | 'mean';
  readonly weight: string;
  readonly bias: string | null;
  readonly size: number;
  readonly epsilon: number;
  /** Added to the stored weights. */
  readonly offset: 0 | 1;
}

/** Query, key and value from three matrices, or from one whose outputs are [q | k | v] once or for each head. */
export type Projections =
  | { readonly kind: 'separate'; readonly query: LinearLayer; readonly key: LinearLayer; readonly value: LinearLayer }
  | { readonly kind: 'sections' | 'perHead'; readonly fused: LinearLayer };

export interface AttentionLayer {
  readonly projections: Projections;
  readonly output: LinearLayer;
  /**
   * Norms on query and key before the rotary embedding, on each head (size headDim: Qwen3, Gemma 3) or on all heads
   * together (OLMo 2); null: none.
   */
  readonly queryNorm: NormLayer | null;
  readonly keyNorm: NormLayer | null;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** c · tanh(score / c) before the mask; null: none. */
  readonly softcap: number | null;
  /** A token sees itself and the window − 1 before it; null: all before it. */
  readonly window: number | null;
  /** Which of the decoder's rotary tables; null: no rotary embedding in this layer. */
  readonly rotary: number | null;
}

/** `gated`: down(f(gate(x)) ⊙ up(x)), gate and up apart or one matrix [gate | up]; `plain`: down(f(up(x))). */
export type MlpLayer = { readonly activation: Activation; readonly down: LinearLayer } & (
  | { readonly kind: 'gated'; readonly gate: LinearLayer; readonly up: LinearLayer }
  | { readonly kind: 'gatedSections'; readonly gateUp: LinearLayer }
  | { readonly kind: 'plain'; readonly up: LinearLayer }
);

/** x + attention(x), then x + mlp(x), each between two norms that may be absent. */
export interface DecoderLayer {
  readonly attentionNorm: NormLayer | null;
  readonly attention: AttentionLayer;
  readonly attentionOutputNorm: NormLayer | null;
  readonly mlpNorm: NormLayer | null;
  readonly mlp: MlpLayer;
  readonly mlpOutputNorm: NormLayer | null;
}

/** A decoder-only transformer as data: what the graph builder reads, and the list of tensors that a checkpoint must have. */
export interface DecoderDescription {
  readonly hiddenSize: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly rotaries: readonly RotaryConfig[];
  /** Name of the embedding table, [vocab, hidden]. */
  readonly embedding: string;
  readonly embeddingMultiplier: number;
  /** Name of the table of learned positions, [contextLength, hidden], added to the embeddings; null: none. */
  readonly positionEmbedding: string | null;
  readonly layers: readonly DecoderLayer[];
  /** The MLP reads what enters the layer instead of what attention has made of it. */
  readonly hasParallelResidual: boolean;
  /** Factor on what attention and MLP add to the residual stream. */
  readonly residualMultiplier: number;
  readonly finalNorm: NormLayer;
  /** Name of the language-model head, [vocab, hidden]; a checkpoint without it uses the embedding table. */
  readonly languageModelHead: string;
  readonly logitMultiplier: number;
  readonly logitSoftcap: number | null;
}

export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The tensors of the body (without any head), in the order in which they are used. */
export function listDecoderTensors(decoder: DecoderDescription): ExpectedTensor[] {
  const { embedding, positionEmbedding, vocabSize, hiddenSize, contextLength, finalNorm } = decoder;
  const layers = decoder.layers.flatMap((layer) => [
    ...listNorm(layer.attentionNorm),
    ...listLinears(layer.attention).flatMap(listLinear),
    ...[layer.attention.queryNorm, layer.attention.keyNorm, layer.attentionOutputNorm, layer.mlpNorm].flatMap(listNorm),
    ...listMlp(layer.mlp).flatMap(listLinear),
    ...listNorm(layer.mlpOutputNorm),
  ]);
  return [
    { name: embedding, shape: [vocabSize, hiddenSize] },
    ...(positionEmbedding === null ? [] : [{ name: positionEmbedding, shape: [contextLength, hiddenSize] }]),
    ...layers,
    ...listNorm(finalNorm),
  ];
}

/** Every matrix of the decoder's layers. */
export function listDecoderLinears(decoder: DecoderDescription): LinearLayer[] {
  return decoder.layers.flatMap(({ attention, mlp }) => [...listLinears(attention), ...listMlp(mlp)]);
}

function listLinears({ projections, output }: AttentionLayer): LinearLayer[] {
  if (projections.kind !== 'separate') return [projections.fused, output];
  return [projections.query, projections.key, projections.value, output];
}

function listMlp(mlp: MlpLayer): LinearLayer[] {
  switch (mlp.kind) {
    case 'gated':
      return [mlp.gate, mlp.up, mlp.down];
    case 'gatedSections':
      return [mlp.gateUp, mlp.down];
    case 'plain':
      return [mlp.up, mlp.down];
  }
}

function listNorm(norm: NormLayer | null): ExpectedTensor[] {
  if (norm === null) return [];
  const { weight, bias, size } = norm;
  return [weight, ...(bias === null ? [] : [bias])].map((name) => ({ name, shape: [size] }));
}

function listLinear({ weight, bias, outputs, inputs, layout }: LinearLayer): ExpectedTensor[] {
  return [
    { name: weight, shape: layout === 'linear' ? [outputs, inputs] : [inputs, outputs] },
    ...(bias === null ? [] : [{ name: bias, shape: [outputs] }]),
  ];
}
