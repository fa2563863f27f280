/** Every merge method, in mergekit's spelling. */
export const mergeMethods = [
  'linear',
  'slerp',
  'nuslerp',
  'multislerp',
  'karcher',
  'task_arithmetic',
  'ties',
  'dare_linear',
  'dare_ties',
  'breadcrumbs',
  'breadcrumbs_ties',
  'della',
  'della_linear',
  'sce',
  'model_stock',
  'nearswap',
  'arcee_fusion',
  'passthrough',
] as const;

export type MergeMethod = (typeof mergeMethods)[number];

/** The number formats that a merge computes in (mergekit's `dtype`) and writes (`out_dtype`). */
export const mergeDtypes = ['float32', 'float16', 'bfloat16'] as const;

export type MergeDtype = (typeof mergeDtypes)[number];

/** As safetensors spells them. */
export const storedMergeDtypes: Readonly<Record<MergeDtype, 'F32' | 'F16' | 'BF16'>> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
};
