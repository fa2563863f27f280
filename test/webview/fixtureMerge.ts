import type {
  MergePlan,
  PlannedModel,
  PlannedSource,
  PlannedTensor,
  TensorGroup,
} from '../../src/core/merging/plan/mergePlan';
import { weightMap } from '../../src/core/merging/plan/weightMap';
import type {
  DifferenceView,
  MergePreviewState,
  MergePreviewView,
  PlanView,
  ScoreView,
  StageView,
} from '../../src/protocol/mergePreviewView';

type RecipeState = Extract<MergePreviewState, { kind: 'recipe' }>;

export interface FixturePlanParams {
  readonly layers: number;
  readonly names: readonly string[];
  /** Of a source in a tensor; null: the method is not linear. */
  readonly weight: (source: number, layer: number | null, group: TensorGroup) => number | null;
  readonly parameters?: (source: number, layer: number | null, group: TensorGroup) => Readonly<Record<string, number>>;
  readonly method?: MergePlan['method'];
}

const inLayer: readonly (readonly [string, TensorGroup])[] = [
  ['self_attn.q_proj', 'attention'],
  ['self_attn.k_proj', 'attention'],
  ['self_attn.v_proj', 'attention'],
  ['self_attn.o_proj', 'attention'],
  ['mlp.gate_proj', 'mlp'],
  ['mlp.up_proj', 'mlp'],
  ['mlp.down_proj', 'mlp'],
  ['input_layernorm', 'norm'],
  ['post_attention_layernorm', 'norm'],
];

/** The plan of a Llama of some layers, without bytes. */
export function fixturePlan({
  layers,
  names,
  weight,
  parameters = () => ({}),
  method = 'linear',
}: FixturePlanParams): MergePlan {
  const models: PlannedModel[] = names.map((name) => ({
    key: name,
    name,
    path: `/models/${name}`,
    fingerprint: 'f'.repeat(64),
    files: [],
  }));
  const tensorOf = (name: string, layer: number | null, group: TensorGroup): PlannedTensor => {
    const entry = { name, dtype: 'BF16', shape: [4, 4], file: '', offset: 0, bytes: 32 };
    const sources: PlannedSource[] = names.map((_, model) => ({
      model,
      tensor: entry,
      weight: weight(model, layer, group),
      parameters: parameters(model, layer, group),
      rows: null,
    }));
    return {
      ...{ name, layer, group, method, sources },
      ...{
        shape: [4, 4],
        dtype: 'BF16',
        workingDtype: 'BF16',
        bytes: 32,
        base: null,
        parameters: {},
        place: { file: 0, offset: 0 },
      },
    };
  };
  const tensors = [
    tensorOf('model.embed_tokens.weight', null, 'embedding'),
    ...Array.from({ length: layers }, (_, layer) =>
      inLayer.map(([name, group]) => tensorOf(`model.layers.${layer}.${name}.weight`, layer, group)),
    ).flat(),
    tensorOf('model.norm.weight', null, 'finalNorm'),
    tensorOf('lm_head.weight', null, 'head'),
  ];
  return {
    ...{ name: null, method, models, tensors, layerCount: layers },
    ...{ dtype: 'bfloat16', workingDtype: 'bfloat16', arithmetic: 'exact', seed: 0 },
    ...{ dropped: [], files: [], companions: [], bytes: 0, readBytes: 0, peakBytes: 0, fingerprint: '' },
  };
}

export function fixtureStage(plan: MergePlan, changes: Partial<StageView> = {}): StageView {
  return {
    name: '',
    method: plan.method,
    dtype: plan.dtype,
    models: plan.models.map(({ name, path }) => ({ name, path })),
    map: weightMap(plan),
    tensors: plan.tensors.length,
    files: 4,
    bytes: 16_060_556_376,
    readBytes: 32_121_112_752,
    seconds: 128,
    peakBytes: 118_000_000,
    dropped: [],
    ...changes,
  };
}

export const hmaNames = ['zephyr-7b-sft', 'zephyr-7b-beta'] as const;

/** HMA of three blocks. */
export function hmaPlan(ratios: readonly number[], layers = 32): PlanView {
  const starts = ratios.map((_, block) => Math.floor((block * layers) / ratios.length));
  const blockOf = (layer: number): number => starts.findLastIndex((start) => start <= layer);
  const share = (layer: number | null, group: TensorGroup): number =>
    layer !== null ? (ratios[blockOf(layer)] ?? 0) : group === 'embedding' ? (ratios[0] ?? 0) : 0.3;
  const plan = fixturePlan({
    layers,
    names: hmaNames,
    weight: (source, layer, group) => (source === 0 ? share(layer, group) : 1 - share(layer, group)),
  });
  return {
    stages: [fixtureStage(plan)],
    sliders: {
      before: hmaNames[0],
      after: hmaNames[1],
      blocks: ratios.map((ratio, block) => ({
        first: starts[block] ?? 0,
        last: (starts[block + 1] ?? layers) - 1,
        ratio,
      })),
      outside: [
        { group: 'embedding', ratio: ratios[0] ?? 0 },
        { group: 'finalNorm', ratio: 0.3 },
        { group: 'head', ratio: 0.3 },
      ],
    },
  };
}

/** Three models by a method that is no average, with a gradient. */
export function tiesPlan(layers = 32): PlanView {
  const plan = fixturePlan({
    layers,
    names: ['Mistral-7B-v0.1', 'dolphin-2.1-mistral-7b', 'OpenHermes-2.5-Mistral-7B'],
    method: 'ties',
    weight: () => null,
    parameters: (source, layer, group) => ({
      weight: source === 0 ? 1 : source === 1 ? ((layer ?? 0) / (layers - 1)) * 0.6 : group === 'mlp' ? 0.5 : -0.2,
      density: source === 0 ? 1 : 0.5,
    }),
  });
  const dropped = [
    {
      model: 2,
      reason: 'only OpenHermes has it.',
      count: 2,
      names: ['regression_layer.weight', 'gating.layers.0.weight'],
    },
  ];
  return { stages: [fixtureStage(plan, { dropped })], sliders: null };
}

export const noScore: ScoreView = {
  inputs: { rows: null, prompts: null, texts: null },
  work: { kind: 'idle' },
  follows: true,
  measurement: null,
  trials: [],
};

const tried: readonly (readonly [readonly number[], number, number])[] = [
  [[0, 0, 0], 1.412, 8.91],
  [[1, 1, 1], 0.322, 7.44],
  [[0.3, 0.3, 0.3], 1.305, 8.12],
  [[0.4, 0.3, 0.2], 1.388, 8.02],
  [[0.2, 0.3, 0.4], 1.121, 8.31],
  [[0.6, 0.2, 0.1], 1.352, 7.93],
];

export const fullScore: ScoreView = {
  inputs: { rows: 'rows.jsonl', prompts: null, texts: 'wiki.txt' },
  work: { kind: 'idle' },
  follows: true,
  measurement: {
    reward: {
      mean: 1.388,
      model: 'zephyr',
      isOfGenerated: false,
      rows: 8,
      errors: ['row 5: empty response'],
      errorCount: 1,
    },
    perplexity: { tokens: 1592, nll: 3314.2, perplexity: 8.02 },
    mergedTensors: 99,
    mergeMilliseconds: 412,
    milliseconds: 3840,
  },
  trials: tried.map(([ratios, reward, perplexity], index) => ({
    ...{ ratios, reward, perplexity, current: index === 3 },
    onFront: ![...tried].some(([, r, p]) => (reward < r && p <= perplexity) || (reward <= r && p < perplexity)),
  })),
};

/** Grows with the layer, as fine-tuning does. */
export function fixtureDifference(layers = 32): DifferenceView {
  const row = (base: number, step: number): readonly number[] =>
    Array.from({ length: layers }, (_, layer) => base + step * layer + 0.002 * Math.sin(layer));
  return {
    ...{ first: hmaNames[0], second: hmaNames[1], layerCount: layers },
    layerGroups: ['attention', 'mlp', 'norm'],
    outerGroups: ['embedding', 'finalNorm', 'head'],
    measures: [
      { name: 'relativeL2', layers: [row(0.01, 0.001), row(0.012, 0.0014), row(0.002, 0)], outside: [0, 0.004, 0.02] },
      {
        name: 'cosine',
        layers: [row(0.01, 0.001), row(0.012, 0.0014), row(0.002, 0)].map((r) =>
          r.map((value) => 1 - (value * value) / 2),
        ),
        outside: [1, 0.999992, 0.9998],
      },
      { name: 'changed', layers: [row(0.5, 0.01), row(0.6, 0.01), row(0.1, 0)], outside: [0, 0.2, 0.91] },
    ],
  };
}

export function fixtureView(
  plan: PlanView | null,
  changes: Partial<RecipeState> = {},
  locked = false,
): MergePreviewView {
  return {
    locked,
    state: {
      kind: 'recipe',
      file: 'recipes/zephyr.merge.yml',
      plan,
      stale: false,
      isReading: false,
      failure: null,
      problems: [],
      freeBytes: 212_000_000_000,
      score: noScore,
      difference: null,
      comparing: { kind: 'idle' },
      searching: { kind: 'idle' },
      actions: ['merge', 'search', 'score', 'compare', 'openRecipe'],
      ...changes,
    },
  };
}
