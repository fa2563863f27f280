import { attend } from './attention';
import type { AttentionKind } from './attention';
import type { Activation, RotaryConfig } from '../checkpoint/modelConfig';
import type {
  DecoderDescription,
  DecoderLayer,
  LinearLayer,
  MlpLayer,
  NormLayer,
  Projections,
} from './decoderDescription';
import * as op from './operators';
import { rotaryInputNames } from './rotaryTables';
import { graphInput } from './value';
import type { Shape, Value } from './value';

/** The weights of a model, wherever they are and whatever their number format. */
export interface WeightSource {
  /** Norms and biases. */
  dense(name: string, shape: Shape): Value;
  /**
   * x·Wᵀ without the bias, W as `layout` says it is stored: [..., inputs] → [..., outputs]; each output times its factor
   * [outputs] where some are given.
   */
  linear(value: Value, layer: StoredMatrix, factors?: Value | null): Value;
  /**
   * What the layer's input is to be multiplied with before it comes, F32 [inputs], because its weights are divided by it
   * (`smoothing.ts`); null: nothing.
   */
  smoothing(layer: Pick<StoredMatrix, 'weight'>): Value | null;
  /** Rows of a table [rows, size] at int64 indices: [...indices, size]. */
  rows(name: string, shape: Shape, indices: Value): Value;
}

/** A matrix of which nothing is said about the layout is stored as [outputs, inputs]. */
export type StoredMatrix = Pick<LinearLayer, 'weight' | 'outputs' | 'inputs'> & Partial<Pick<LinearLayer, 'layout'>>;

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
  /**
   * What comes out of keys and values. `rows`: those of the new tokens; the caller keeps the rest. `whole`: the cache with
   * the new tokens, which can stay on the device.
   */
  readonly cacheOutput: 'rows' | 'whole';
}

export interface DecoderGraph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
}

/**
 * One graph with past keys and values for scoring, perplexity and generation.
 *
 * Inputs: `input_ids` int64 [1, tokens] are the tokens after those in the cache; `last_position` int32 [1] and
 * `total_tokens` int32 [] say how long the cache is after the run (total − 1, total); for each rotary table (none, one or
 * two: `rotaryInputNames`) `cosine`, `sine` F32 [positions, rotary / 2]; `past_key_N`, `past_value_N` F32 [1, kvHeads,
 * capacity, headDim]; `selected_positions` int64 [selected], counted from the first of `input_ids`; with a language-model head `logit_rows` int64 [scored], rows of
 * `hidden`, and `target_ids` int64 [scored]. With a packed cache `position_ids` int64 [1, tokens] and, for every window
 * W that a layer has (`attention_bias` for those without), `attention_bias_W` F32 [1, 1, tokens, total].
 *
 * Outputs: `hidden` [selected, hidden]; `new_key_N`, `new_value_N` [1, kvHeads, tokens, headDim], or `present_key_N`,
 * `present_value_N` [1, kvHeads, total or more, headDim]; with the head `logits` [scored, vocab] and
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
  };
  const rotaries = decoder.rotaries.map(rotaryInputs);
  const inputs = [
    inputIds,
    selected,
    ...Object.values(shared),
    ...rotaries.flatMap(({ cosine, sine }) => [cosine, sine]),
  ];
  const packings = program.cache === 'packed' ? packingInputs(decoder, program.layerCount) : null;
  if (packings !== null) inputs.push(packings.positionIds, ...packings.biases.values());
  const caches: { name: string; value: Value }[] = [];

  const bounds = cacheBounds(inputIds, shared.totalTokens);
  const positionIds = packings?.positionIds ?? followingPositions(bounds);
  let stream: Stream = { residual: embed(decoder, weights, { inputIds, positionIds }), pending: null };
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
      cache: {
        ...shared,
        pastKey,
        pastValue,
        rotary: layer.attention.rotary === null ? null : rotaries[layer.attention.rotary],
        packing: packings?.of(layer.attention.window) ?? null,
      },
    });
    stream = result.stream;
    const present = { key: result.presentKey, value: result.presentValue };
    for (const [name, value] of Object.entries(present)) {
      if (program.cacheOutput === 'whole') caches.push({ name: `present_${name}_${index}`, value });
      else
        caches.push({ name: `new_${name}_${index}`, value: op.slice(value, bounds.past, bounds.total, 2, 'tokens') });
    }
  });

  if (program.layerCount === 0) stream = { residual: op.gather(stream.residual, selected, 1), pending: null };
  const states = op.squeeze(settle(stream), [0]); // [selected, hidden]
  const hidden = program.finalNorm ? norm(states, decoder.finalNorm, weights) : states;
  const outputs = [{ name: 'hidden', value: hidden }, ...caches];
  if (program.languageModelHead) {
    const logitRows = graphInput('logit_rows', 'int64', ['scored']);
    const targetIds = graphInput('target_ids', 'int64', ['scored']);
    inputs.push(logitRows, targetIds);
    const logits = languageModelHead(op.gather(hidden, logitRows), decoder, weights); // [scored, vocab]
    const targets = op.unsqueeze(targetIds, [1]); // [scored, 1]
    outputs.push(
      { name: 'logits', value: logits },
      { name: 'log_probabilities', value: op.gatherElements(op.logSoftmax(logits), targets) },
    );
  }
  return { inputs, outputs };
}

function rotaryInputs({ dimensions }: RotaryConfig, index: number): op.RotaryInputs {
  const names = rotaryInputNames(index);
  const shape = [`positions_${index}`, dimensions / 2];
  return { cosine: graphInput(names.cosine, 'float32', shape), sine: graphInput(names.sine, 'float32', shape) };
}

/** Tokens in the cache before and after the run, int64 [1]. */
interface CacheBounds {
  readonly past: Value;
  readonly total: Value;
}

function cacheBounds(inputIds: Value, totalTokens: Value): CacheBounds {
  const total = op.cast(op.reshape(totalTokens, [1]), 'int64');
  return { past: op.subtract(total, op.sizeOf(inputIds, 1)), total };
}

/** Positions of the tokens that follow those in the cache, int64 [1, tokens]. */
function followingPositions({ past, total }: CacheBounds): Value {
  return op.unsqueeze(op.slice(op.range(op.squeeze(total, [0]), 'total'), past, total, 0, 'tokens'), [0]);
}

/** The stream that enters the first layer, [1, tokens, hidden]. */
function embed(
  decoder: DecoderDescription,
  weights: WeightSource,
  { inputIds, positionIds }: { readonly inputIds: Value; readonly positionIds: Value },
): Value {
  const { embedding, positionEmbedding, vocabSize, contextLength, hiddenSize } = decoder;
  const embedded = op.scale(weights.rows(embedding, [vocabSize, hiddenSize], inputIds), decoder.embeddingMultiplier);
  if (positionEmbedding === null) return embedded;
  return op.add(embedded, weights.rows(positionEmbedding, [contextLength, hiddenSize], positionIds));
}

function languageModelHead(hidden: Value, decoder: DecoderDescription, weights: WeightSource): Value {
  const { languageModelHead: weight, vocabSize: outputs, hiddenSize: inputs, logitMultiplier, logitSoftcap } = decoder;
  const logits = op.scale(weights.linear(hidden, { weight, outputs, inputs }), logitMultiplier);
  return logitSoftcap === null ? logits : op.softcap(logits, logitSoftcap);
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
  const { headCount, keyValueHeadCount, headDim, hasParallelResidual, residualMultiplier } = decoder;
  const { queryNorm, keyNorm, output, window, scale, softcap } = layer.attention;
  const readers = firstProjection(layer.attention.projections);
  const entry = normed(stream, layer.attentionNorm, weights, weights.smoothing(readers));
  const { query, key, value } = project(entry.normed, layer.attention.projections, decoder, weights);
  const attended = attend(
    attention,
    { ...cache, query: headNorm(query, queryNorm, weights), key: headNorm(key, keyNorm, weights), value },
    { headCount, keyValueHeadCount, headDim, window, scale, softcap },
  );
  const select = (value: Value): Value => (selected === null ? value : op.gather(value, selected, 1));
  const branch = (value: Value, outputNorm: NormLayer | null): Value =>
    op.scale(outputNorm === null ? value : norm(value, outputNorm, weights), residualMultiplier);
  const residual = select(entry.residual);
  const pending = branch(linear(select(attended.output), output, weights), layer.attentionOutputNorm);
  const middle = normed(
    hasParallelResidual ? { residual, pending: null } : { residual, pending },
    layer.mlpNorm,
    weights,
    weights.smoothing(layer.mlp.kind === 'gatedSections' ? layer.mlp.gateUp : layer.mlp.up),
  );
  return {
    stream: {
      residual: hasParallelResidual ? op.add(residual, pending) : middle.residual,
      pending: branch(feedForward(middle.normed, layer.mlp, weights), layer.mlpOutputNorm),
    },
    presentKey: attended.presentKey,
    presentValue: attended.presentValue,
  };
}

function project(
  value: Value,
  projections: Projections,
  { headCount, keyValueHeadCount, headDim }: DecoderDescription,
  weights: WeightSource,
): Pick<op.AttentionInputs, 'query' | 'key' | 'value'> {
  if (projections.kind === 'separate') {
    const { query, key, value: content } = projections;
    return {
      query: linear(value, query, weights),
      key: linear(value, key, weights),
      value: linear(value, content, weights),
    };
  }
  const fused = linear(value, projections.fused, weights);
  if (projections.kind === 'sections') {
    const [queries, keys] = [headCount * headDim, keyValueHeadCount * headDim];
    const [query, key, content] = op.split(fused, 2, [queries, keys, keys]);
    return { query, key, value: content };
  }
  const byHead = op.reshape(fused, [1, 'tokens', headCount, 3 * headDim]);
  const [query, key, content] = op
    .split(byHead, 3, [headDim, headDim, headDim])
    .map((part) => op.reshape(part, [1, 'tokens', headCount * headDim]));
  return { query, key, value: content };
}

function feedForward(value: Value, mlp: MlpLayer, weights: WeightSource): Value {
  const activate = activations[mlp.activation];
  switch (mlp.kind) {
    case 'plain':
      return linear(activate(linear(value, mlp.up, weights)), mlp.down, weights);
    case 'gated': {
      const gate = activate(linear(value, mlp.gate, weights));
      const up = linear(value, mlp.up, weights, weights.smoothing(mlp.down));
      return linear(op.multiply(gate, up), mlp.down, weights);
    }
    case 'gatedSections': {
      const size = mlp.down.inputs;
      const [gate, up] = op.split(linear(value, mlp.gateUp, weights), 2, [size, size]);
      return linear(op.multiply(activate(gate), up), mlp.down, weights);
    }
  }
}

const activations: Readonly<Record<Activation, (value: Value) => Value>> = {
  silu: op.silu,
  gelu: op.gelu,
  gelu_tanh: op.geluTanh,
  relu: op.relu,
};

/** Adds the pending branch, in passing where a norm follows. */
function normed(
  stream: Stream,
  layer: NormLayer | null,
  weights: WeightSource,
  factors: Value | null,
): { readonly normed: Value; readonly residual: Value } {
  const { residual, pending } = stream;
  if (layer === null || pending === null) {
    const sum = settle(stream);
    return { normed: layer === null ? sum : norm(sum, layer, weights, factors), residual: sum };
  }
  const { weight, bias } = normWeights(layer, weights, factors);
  const result =
    bias === null
      ? op.skipRmsNorm(pending, residual, weight, layer.epsilon)
      : op.skipLayerNorm(pending, residual, { weight, bias }, layer.epsilon);
  return { normed: result.normed, residual: result.sum };
}

function settle({ residual, pending }: Stream): Value {
  return pending === null ? residual : op.add(residual, pending);
}

function norm(value: Value, layer: NormLayer, weights: WeightSource, factors: Value | null = null): Value {
  const { weight, bias } = normWeights(layer, weights, factors);
  return bias === null
    ? op.rmsNorm(value, weight, layer.epsilon)
    : op.layerNorm(value, { weight, bias }, layer.epsilon);
}

/** Sums and products of constants are constants to the runtime, too. */
function normWeights(
  layer: NormLayer,
  weights: WeightSource,
  factors: Value | null,
): { readonly weight: Value; readonly bias: Value | null } {
  const weight = op.shift(weights.dense(layer.weight, [layer.size]), layer.offset);
  const bias = layer.bias === null ? null : weights.dense(layer.bias, [layer.size]);
  return { weight: scaled(weight, factors), bias: bias === null ? null : scaled(bias, factors) };
}

function scaled(value: Value, factors: Value | null): Value {
  return factors === null ? value : op.multiply(value, factors);
}

function linear(value: Value, layer: LinearLayer, weights: WeightSource, factors: Value | null = null): Value {
  const product = weights.linear(value, layer, factors);
  return layer.bias === null ? product : op.add(product, scaled(weights.dense(layer.bias, [layer.outputs]), factors));
}

/** One of the matrices that read what enters attention. */
function firstProjection(projections: Projections): LinearLayer {
  return projections.kind === 'separate' ? projections.query : projections.fused;
}

/** The norm over each part of `size` of [1, tokens, heads * headDim]: one head, or all of them. */
function headNorm(value: Value, layer: NormLayer | null, weights: WeightSource): Value {
  const width = Number(value.shape[2]);
  if (layer === null || layer.size === width) return layer === null ? value : norm(value, layer, weights);
  const split = op.reshape(value, [1, 'tokens', width / layer.size, layer.size]);
  return op.reshape(norm(split, layer, weights), [1, 'tokens', width]);
}
