import type { ArmormHead } from './armormHead';

export interface ArmormConfigParams {
  /** Parsed config.json of the body. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly head: ArmormHead;
  /** What the family's class names begin with: `Llama`. */
  readonly classPrefix: string;
  readonly objectives: readonly string[];
  /** The text at which the gate reads, and its tokens. */
  readonly gateText: string;
  readonly gateTokens: readonly number[];
  /** null: none; the model's code then takes one text at a time. */
  readonly padTokenId: number | null;
}

/** The file with the model's own code. */
export const MODEL_CODE_FILE = 'modeling_custom.py';

/**
 * config.json of a checkpoint in ArmoRM's layout: the body's with the keys of the gate. ArmoRM's own code knows where its
 * gate reads; for other bodies `gating_text` and `gating_token_ids` say it.
 */
export function armormConfig(params: ArmormConfigParams): Record<string, unknown> {
  const { num_labels: _labels, problem_type: _problem, auto_map: _map, ...body } = params.body;
  const dtype = 'dtype' in body ? { dtype: 'float32' } : { torch_dtype: 'float32' };
  return {
    ...body,
    ...dtype,
    architectures: [armormClass(params.classPrefix)],
    auto_map: {
      AutoModelForSequenceClassification: `${MODEL_CODE_FILE.replace('.py', '')}.${armormClass(params.classPrefix)}`,
    },
    ...params.head.config,
    gating_text: params.gateText,
    gating_token_ids: params.gateTokens,
    id2label: Object.fromEntries(params.objectives.map((name, id) => [String(id), name])),
    label2id: Object.fromEntries(params.objectives.map((name, id) => [name, id])),
    pad_token_id: params.padTokenId,
  };
}

export function armormClass(classPrefix: string): string {
  return `${classPrefix}ForRewardModelWithGating`;
}
