import type { MergeMethod } from './mergeMethod';

/** A parameter of a method: what a recipe may give, and what counts where it gives nothing. */
export interface MethodParameter {
  readonly name: string;
  readonly kind: 'number' | 'boolean';
  /** null: it has to be given. */
  readonly fallback: number | boolean | null;
  /** Bounds outside of which the value means nothing; both inclusive. */
  readonly least?: number;
  readonly most?: number;
  readonly isInteger?: boolean;
  /** What it means, in one or two sentences of Markdown. */
  readonly description: string;
}

/** What a recipe has to say for a method, before any number is looked at. */
export interface MethodSpec {
  /** In one or two sentences of Markdown. */
  readonly description: string;
  /** Where it comes from: the paper, or the program that made it known. */
  readonly source: string;
  /** How many models besides the base where it is one of its own; `most` null: any number. */
  readonly models: { readonly least: number; readonly most: number | null };
  /** `input`: one of the models (slerp, nearswap, arcee_fusion); `required`, `optional`: beside them; `none`: not used. */
  readonly base: 'none' | 'optional' | 'required' | 'input';
  /** Given for each model. */
  readonly perModel: readonly MethodParameter[];
  /** Given once. */
  readonly shared: readonly MethodParameter[];
  /** The result is an average of the models unless weights say otherwise: `normalize` off and a sum far from one is told. */
  readonly averages: boolean;
  /** The result depends on a seed. */
  readonly isRandom: boolean;
}

const weight: MethodParameter = {
  name: 'weight',
  kind: 'number',
  fallback: null,
  description: 'How much the model counts.',
};
const density: MethodParameter = {
  name: 'density',
  kind: 'number',
  fallback: 1,
  least: 0,
  most: 1,
  description: 'The share of the differences from the base that is kept.',
};
const lambda: MethodParameter = {
  name: 'lambda',
  kind: 'number',
  fallback: 1,
  description: 'By what the merged difference is multiplied before it is added to the base.',
};

function flag(name: string, fallback: boolean, description: string): MethodParameter {
  return { name, kind: 'boolean', fallback, description };
}

const normalize = (fallback: boolean): MethodParameter =>
  flag('normalize', fallback, 'Whether the sum is divided by the sum of the weights.');
const rescale = (fallback: boolean): MethodParameter =>
  flag('rescale', fallback, 'Whether what is kept is made larger, so that the whole keeps its size.');
const int8Mask = flag('int8_mask', false, 'Saves memory in mergekit; changes nothing here.');
const gamma: MethodParameter = {
  name: 'gamma',
  kind: 'number',
  fallback: 0.01,
  least: 0,
  most: 1,
  description: 'The share of the largest differences that is dropped as outliers.',
};
const epsilon: MethodParameter = {
  name: 'epsilon',
  kind: 'number',
  fallback: 0.15,
  least: 0,
  most: 1,
  description: 'How far the probability of being kept moves to either side of `density` with the rank of a difference.',
};

const anyNumber = { least: 1, most: null } as const;

/** The methods with their parameters: parser, schema, completion, hover, plan and arithmetic all read this. */
export const methodTable: Readonly<Record<MergeMethod, MethodSpec>> = {
  linear: {
    description: 'The weighted average of the models.',
    source: 'Wortsman et al., Model soups, 2022',
    models: { least: 1, most: null },
    base: 'none',
    perModel: [weight],
    shared: [normalize(true)],
    averages: true,
    isRandom: false,
  },
  slerp: {
    description: 'The point on the arc between two models: 0 is the base, 1 the other.',
    source: 'Shoemake, Animating rotation with quaternion curves, 1985',
    models: { least: 2, most: 2 },
    base: 'input',
    perModel: [],
    shared: [
      {
        name: 't',
        kind: 'number',
        fallback: null,
        description: 'How far from the base: 0 is the base, 1 the other model.',
      },
    ],
    averages: true,
    isRandom: false,
  },
  nuslerp: {
    description: 'As `slerp`, with a weight for each model; with a base, the differences from it are turned.',
    source: 'mergekit, nuslerp',
    models: { least: 2, most: 2 },
    base: 'optional',
    perModel: [weight],
    shared: [
      flag('nuslerp_flatten', true, 'Whether a tensor is one vector; else each of its columns or rows is one.'),
      flag('nuslerp_row_wise', false, 'Whether rows are the vectors, not columns, where it is not flattened.'),
    ],
    averages: true,
    isRandom: false,
  },
  multislerp: {
    description: 'The weighted average of directions of any number of models, on the sphere around the base.',
    source: 'mergekit, multislerp',
    models: { least: 2, most: null },
    base: 'optional',
    perModel: [weight],
    shared: [
      flag('normalize_weights', true, 'Whether the weights are divided by their sum.'),
      { name: 'eps', kind: 'number', fallback: 1e-8, least: 0, description: 'What counts as zero.' },
    ],
    averages: true,
    isRandom: false,
  },
  karcher: {
    description: 'The Riemannian (Karcher) mean of the models on the sphere, found step by step.',
    source: 'Karcher, Riemannian center of mass and mollifier smoothing, 1977; mergekit, karcher',
    models: { least: 2, most: null },
    base: 'none',
    perModel: [],
    shared: [
      { name: 'max_iter', kind: 'number', fallback: 10, least: 1, isInteger: true, description: 'The most steps.' },
      { name: 'tol', kind: 'number', fallback: 1e-5, least: 0, description: 'A step shorter than this is the last.' },
    ],
    averages: true,
    isRandom: false,
  },
  task_arithmetic: {
    description: 'The base and the weighted sum of what each model adds to it.',
    source: 'Ilharco et al., Editing models with task arithmetic, 2022',
    models: anyNumber,
    base: 'required',
    perModel: [weight],
    shared: [normalize(false), lambda, rescale(false), int8Mask],
    averages: false,
    isRandom: false,
  },
  ties: {
    description: 'As `task_arithmetic`, with small differences dropped and only those of the majority sign added.',
    source: 'Yadav et al., TIES-Merging, 2023',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density],
    shared: [normalize(true), lambda, rescale(false), int8Mask],
    averages: false,
    isRandom: false,
  },
  dare_linear: {
    description: 'As `task_arithmetic`, with differences dropped at random and the others made larger.',
    source: 'Yu et al., Language models are super Mario, 2023',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density],
    shared: [normalize(false), lambda, rescale(true), int8Mask],
    averages: false,
    isRandom: true,
  },
  dare_ties: {
    description: 'As `ties`, with differences dropped at random.',
    source: 'Yu et al., Language models are super Mario, 2023',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density],
    shared: [normalize(false), lambda, rescale(true), int8Mask],
    averages: false,
    isRandom: true,
  },
  breadcrumbs: {
    description: 'As `task_arithmetic`, without the smallest and the very largest differences.',
    source: 'Davari and Belilovsky, Model breadcrumbs, 2023',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density, gamma],
    shared: [normalize(false), lambda, rescale(false), int8Mask],
    averages: false,
    isRandom: false,
  },
  breadcrumbs_ties: {
    description: 'As `breadcrumbs`, with only the differences of the majority sign added.',
    source: 'Davari and Belilovsky, Model breadcrumbs, 2023; mergekit, breadcrumbs_ties',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density, gamma],
    shared: [normalize(false), lambda, rescale(false), int8Mask],
    averages: false,
    isRandom: false,
  },
  della: {
    description: 'As `ties`, with differences dropped at random, the smaller ones more often.',
    source: 'Deep et al., DELLA-Merging, 2024',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density, epsilon],
    shared: [normalize(true), lambda, rescale(true), int8Mask],
    averages: false,
    isRandom: true,
  },
  della_linear: {
    description: 'As `task_arithmetic`, with differences dropped at random, the smaller ones more often.',
    source: 'Deep et al., DELLA-Merging, 2024',
    models: anyNumber,
    base: 'required',
    perModel: [weight, density, epsilon],
    shared: [normalize(false), lambda, rescale(true), int8Mask],
    averages: false,
    isRandom: true,
  },
  sce: {
    description: 'Differences that vary most between the models are kept, weighted by their squares, and of one sign.',
    source: 'Wan et al., FuseChat, 2024',
    models: anyNumber,
    base: 'required',
    perModel: [],
    shared: [
      {
        name: 'select_topk',
        kind: 'number',
        fallback: 1,
        least: 0,
        most: 1,
        description: 'The share of the differences that is kept: those of the largest variance between the models.',
      },
      int8Mask,
    ],
    averages: false,
    isRandom: false,
  },
  model_stock: {
    description: 'The average of fine-tuned models, drawn to the base by the angles between them.',
    source: 'Jang et al., Model Stock, 2024',
    models: { least: 2, most: null },
    base: 'required',
    perModel: [],
    shared: [flag('filter_wise', false, 'Whether each row of a tensor has an angle of its own.')],
    averages: false,
    isRandom: false,
  },
  nearswap: {
    description: 'The base, drawn to the other model where the two are near each other.',
    source: 'mergekit, nearswap',
    models: { least: 2, most: 2 },
    base: 'input',
    perModel: [],
    shared: [
      {
        name: 't',
        kind: 'number',
        fallback: null,
        least: 0,
        description: 'Where they differ by no more than this, the other model counts.',
      },
    ],
    averages: false,
    isRandom: false,
  },
  arcee_fusion: {
    description: 'The base with those values of the other model that matter most.',
    source: 'mergekit, arcee_fusion',
    models: { least: 2, most: 2 },
    base: 'input',
    perModel: [],
    shared: [],
    averages: false,
    isRandom: false,
  },
  passthrough: {
    description: 'The layers as they are, for stacking slices of models.',
    source: 'mergekit, passthrough',
    models: { least: 1, most: 1 },
    base: 'none',
    perModel: [{ name: 'scale', kind: 'number', fallback: 1, description: 'By what the values are multiplied.' }],
    shared: [],
    averages: false,
    isRandom: false,
  },
};
