import { attend } from './attention';
import type { AttentionKind } from './attention';
import type { DecoderDescription, DecoderLayer, LinearLayer, NormLayer } from './decoderDescription';
import * as op from './operators';
import { graphInput } from './value';
import type { Shape, Value } from './value';

/** The weights of a model, wherever they are and whatever their number format. */
export interface WeightSource {
  /** Norms and biases. */
  dense(name: string, shape: Shape): Value;
  /** x·Wᵀ without the bias: [..., inputs] → [..., outputs]. */
  linear(value: Value, layer: Pick<LinearLayer, 'weight' | 'outputs' | 'inputs'>): Value;
  /** Rows of a table [rows, size] at int64 indices: [...indices, size]. */
  rows(name: string, shape: Shape, indices: Value): Value;
}

export interface DecoderProgram {
  /** How many layers to run, from the first. */
  readonly layerCount: number;
  /** Apply the final norm to the hidden states that come out. */
  readonly finalNorm: boolean;
  /** Add the language-model head: logits and log-probabilities at chosen positions. */
  readonly languageModelHead: boolean;
  readonly attention: AttentionKind;
  /** `sequence`: the cache is one sequence. `packed`: tokens of several share it, and a bias says who sees whom. */
  readonly cache: 'sequence' | 'packed';
}

export interface DecoderGraph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
}

/**
 * One graph with past keys and values for scoring, perplexity and generation.
 *
 * Inputs: `input_ids` int64 [1, tokens] are the tokens after those in the cache; `last_position` int32 [1] and
 * `total_tokens` int32 [] say how long the cache is after the run (total − 1, total); `cosine`, `sine` F32
 * [positions, rotary / 2]; `past_key_N`, `past_value_N` F32 [1, kvHeads, capacity, headDim]; `selected_positions` int64
 * [selected], counted from the first of `input_ids`; with a language-model head `logit_rows` int64 [scored], rows of
 * `hidden`, and `target_ids` int64 [scored]. With a packed cache `position_ids` int64 [1, tokens] and, for every window
 * W that a layer has (`attention_bias` for those without), `attention_bias_W` F32 [1, 1, tokens, total].
 *
 * Outputs: `hidden` [selected, hidden]; `present_key_N`, `present_value_N`; with the head `logits` [scored, vocab] and
 * `log_probabilities` [scored, 1], natural logarithms of the softmax at `target_ids`.
 */
export function buildDecoder(
  decoder: DecoderDescription,
  weights: WeightSource,
  program: DecoderProgram,
): DecoderGraph {
  const cacheShape = [1, decoder.keyValueHeadCount, 'capacity', decoder.headDim];
  const inputIds = graphInput('input_ids', 'int64', [1, 'tokens']);
  const selected = graphInput('selected_positions', 'int64', ['selected']);
  const shared = {
    lastPosition: graphInput('last_position', 'int32', [1]),
    totalTokens: graphInput('total_tokens', 'int32', []),
    cosine: graphInput('cosine', 'float32', ['positions', decoder.rotary.dimensions / 2]),
    sine: graphInput('sine', 'float32', ['positions', decoder.rotary.dimensions / 2]),
  };
  const inputs = [inputIds, selected, ...Object.values(shared)];
  const packings = program.cache === 'packed' ? packingInputs(decoder, program.layerCount) : null;
  if (packings !== null) inputs.push(packings.positionIds, ...packings.biases.values());
  const caches: { name: string; value: Value }[] = [];

  let stream: Stream = {
    residual: weights.rows(decoder.embedding, [decoder.vocabSize, decoder.hiddenSize], inputIds),
    pending: null,
  };
  decoder.layers.slice(0, program.layerCount).forEach((layer, index, { length }) => {
    const pastKey = graphInput(`past_key_${index}`, 'float32', cacheShape);
    const pastValue = graphInput(`past_value_${index}`, 'float32', cacheShape);
    inputs.push(pastKey, pastValue);
    const result = buildLayer({
      stream,
      layer,
      decoder,
      weights,
      attention: program.attention,
      selected: index === length - 1 ? selected : null,
      cache: { pastKey, pastValue, ...shared, packing: packings?.of(layer.attention.window) ?? null },
    });
    stream = result.stream;
    caches.push(
      { name: `present_key_${index}`, value: result.presentKey },
      { name: `present_value_${index}`, value: result.presentValue },
    );
  });

  if (program.layerCount === 0) stream = { residual: op.gather(stream.residual, selected, 1), pending: null };
  const states = op.squeeze(settle(stream), [0]); // [selected, hidden]
  const hidden = program.finalNorm ? norm(states, decoder.finalNorm, weights) : states;
  const outputs = [{ name: 'hidden', value: hidden }, ...caches];
  if (program.languageModelHead) {
    const logitRows = graphInput('logit_rows', 'int64', ['scored']);
    const targetIds = graphInput('target_ids', 'int64', ['scored']);
    inputs.push(logitRows, targetIds);
    const head = { weight: decoder.languageModelHead, outputs: decoder.vocabSize, inputs: decoder.hiddenSize };
    const logits = weights.linear(op.gather(hidden, logitRows), head); // [scored, vocab]
    const targets = op.unsqueeze(targetIds, [1]); // [scored, 1]
    outputs.push(
      { name: 'logits', value: logits },
      { name: 'log_probabilities', value: op.gatherElements(op.logSoftmax(logits), targets) },
    );
  }
  return { inputs, outputs };
}

interface PackingInputs {
  readonly positionIds: Value;
  readonly biases: ReadonlyMap<number | null, Value>;
  of(window: number | null): op.Packing;
}

function packingInputs(decoder: DecoderDescription, layerCount: number): PackingInputs {
  const positionIds = graphInput('position_ids', 'int64', [1, 'tokens']);
  const windows = attentionWindows(decoder, layerCount);
  const biases = new Map(
    windows.map((window) => [window, graphInput(biasName(window), 'float32', [1, 1, 'tokens', 'total'])]),
  );
  return { positionIds, biases, of: (window) => ({ positionIds, bias: biases.get(window) as Value }) };
}

/** The windows among the first layers, each once: one bias a window is fed to a packed cache. */
export function attentionWindows(decoder: DecoderDescription, layerCount: number): (number | null)[] {
  return [...new Set(decoder.layers.slice(0, layerCount).map(({ attention }) => attention.window))];
}

/** Name of the graph's input that carries the bias of a window. */
export function biasName(window: number | null): string {
  return window === null ? 'attention_bias' : `attention_bias_${window}`;
}

/** The residual stream with the last branch not yet added: the next norm adds it in passing. */
interface Stream {
  readonly residual: Value; // [1, tokens or selected, hidden]
  readonly pending: Value | null; // the same
}

interface LayerParts {
  readonly stream: Stream;
  readonly layer: DecoderLayer;
  readonly decoder: DecoderDescription;
  readonly weights: WeightSource;
  readonly attention: AttentionKind;
  /** Positions whose stream leaves the layer: of the last one nothing else is wanted but keys and values. Null: all. */
  readonly selected: Value | null;
  readonly cache: Omit<op.AttentionInputs, 'query' | 'key' | 'value'>;
}

function buildLayer({ stream, layer, decoder, weights, attention, selected, cache }: LayerParts): {
  readonly stream: Stream;
  readonly presentKey: Value;
  readonly presentValue: Value;
} {
  const entry = normed(stream, layer.inputNorm, weights);
  const { query, key, value, output, queryNorm, keyNorm, window, rotary } = layer.attention;
  const attended = attend(
    attention,
    {
      ...cache,
      query: headNorm(linear(entry.normed, query, weights), queryNorm, decoder.headCount, weights),
      key: headNorm(linear(entry.normed, key, weights), keyNorm, decoder.keyValueHeadCount, weights),
      value: linear(entry.normed, value, weights),
    },
    {
      headCount: decoder.headCount,
      keyValueHeadCount: decoder.keyValueHeadCount,
      headDim: decoder.headDim,
      window,
      rotary,
    },
  );
  const select = (value: Value): Value => (selected === null ? value : op.gather(value, selected, 1));
  const branch: Stream = {
    residual: select(entry.residual),
    pending: linear(select(attended.output), output, weights),
  };
  const middle = normed(branch, layer.postAttentionNorm, weights);
  const gate = op.silu(linear(middle.normed, layer.mlp.gate, weights));
  const up = linear(middle.normed, layer.mlp.up, weights);
  const down = linear(op.multiply(gate, up), layer.mlp.down, weights);
  return {
    stream: { residual: middle.residual, pending: down },
    presentKey: attended.presentKey,
    presentValue: attended.presentValue,
  };
}

function normed(
  { residual, pending }: Stream,
  layer: NormLayer,
  weights: WeightSource,
): { readonly normed: Value; readonly residual: Value } {
  if (pending === null) return { normed: norm(residual, layer, weights), residual };
  const { normed: value, sum } = op.skipRmsNorm(
    pending,
    residual,
    weights.dense(layer.weight, [layer.size]),
    layer.epsilon,
  );
  return { normed: value, residual: sum };
}

function settle({ residual, pending }: Stream): Value {
  return pending === null ? residual : op.add(residual, pending);
}

function norm(value: Value, layer: NormLayer, weights: WeightSource): Value {
  return op.rmsNorm(value, weights.dense(layer.weight, [layer.size]), layer.epsilon);
}

function linear(value: Value, layer: LinearLayer, weights: WeightSource): Value {
  const product = weights.linear(value, layer);
  return layer.bias === null ? product : op.add(product, weights.dense(layer.bias, [layer.outputs]));
}

/** The norm over each head of [1, tokens, heads * headDim]. */
function headNorm(value: Value, layer: NormLayer | null, heads: number, weights: WeightSource): Value {
  if (layer === null) return value;
  const split = op.reshape(value, [1, 'tokens', heads, layer.size]);
  return op.reshape(norm(split, layer, weights), [1, 'tokens', heads * layer.size]);
}
