import type { RotaryConfig } from '../checkpoint/modelConfig';

/** y = x·Wᵀ + b; `weight` is [outputs, inputs] in the file. */
export interface LinearLayer {
  readonly weight: string;
  readonly bias: string | null;
  readonly outputs: number;
  readonly inputs: number;
}

/** Root-mean-square norm over the last axis. */
export interface NormLayer {
  readonly weight: string;
  readonly size: number;
  readonly epsilon: number;
}

export interface AttentionLayer {
  readonly query: LinearLayer;
  readonly key: LinearLayer;
  readonly value: LinearLayer;
  readonly output: LinearLayer;
  /** Norms on each head of query and key before the rotary embedding (Qwen3); null: none. */
  readonly queryNorm: NormLayer | null;
  readonly keyNorm: NormLayer | null;
  /** A token sees itself and the window − 1 before it; null: all before it. */
  readonly window: number | null;
  /** False: no positional embedding in this layer. */
  readonly rotary: boolean;
}

/** down(silu(gate(x)) ⊙ up(x)) */
export interface GatedMlpLayer {
  readonly gate: LinearLayer;
  readonly up: LinearLayer;
  readonly down: LinearLayer;
}

export interface DecoderLayer {
  readonly inputNorm: NormLayer;
  readonly attention: AttentionLayer;
  readonly postAttentionNorm: NormLayer;
  readonly mlp: GatedMlpLayer;
}

/** A decoder-only transformer as data: what the graph builder reads, and the list of tensors that a checkpoint must have. */
export interface DecoderDescription {
  readonly hiddenSize: number;
  readonly headCount: number;
  readonly keyValueHeadCount: number;
  readonly headDim: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly rotary: RotaryConfig;
  /** Name of the embedding table, [vocab, hidden]. */
  readonly embedding: string;
  readonly layers: readonly DecoderLayer[];
  readonly finalNorm: NormLayer;
  /** Name of the language-model head, [vocab, hidden]; a checkpoint without it uses the embedding table. */
  readonly languageModelHead: string;
}

export interface ExpectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The tensors of the body (without any head), in the order in which they are used. */
export function listDecoderTensors(decoder: DecoderDescription): ExpectedTensor[] {
  const norm = ({ weight, size }: NormLayer): ExpectedTensor => ({ name: weight, shape: [size] });
  const linear = ({ weight, bias, outputs, inputs }: LinearLayer): ExpectedTensor[] => [
    { name: weight, shape: [outputs, inputs] },
    ...(bias === null ? [] : [{ name: bias, shape: [outputs] }]),
  ];
  const layers = decoder.layers.flatMap(({ inputNorm, attention, postAttentionNorm, mlp }) => [
    norm(inputNorm),
    ...[attention.query, attention.key, attention.value, attention.output].flatMap(linear),
    ...[attention.queryNorm, attention.keyNorm].flatMap((layer) => (layer === null ? [] : [norm(layer)])),
    norm(postAttentionNorm),
    ...[mlp.gate, mlp.up, mlp.down].flatMap(linear),
  ]);
  return [
    { name: decoder.embedding, shape: [decoder.vocabSize, decoder.hiddenSize] },
    ...layers,
    norm(decoder.finalNorm),
  ];
}
