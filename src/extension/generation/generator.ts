import type { Message } from '../../core/promptFile/message';
import type { CallContext } from '../sidecar/sidecarClient';

export interface GenerationOptions {
  /** Independent answers to the same prompt. */
  readonly count: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface GeneratedAnswer {
  readonly text: string;
  /** It ended by itself, or reached the limit. */
  readonly finishReason: 'stop' | 'length';
}

/** Whatever answers prompts: a local model, an OpenAI-compatible endpoint, or a language model of the editor. */
export interface Generator {
  /** As shown beside its answers: "starter, on this machine", "qwen3 at http://127.0.0.1:8000". */
  readonly label: string;
  /**
   * @param onAnswer called with each answer as it is complete, and its place among the `count`.
   * @throws AlidadeError `unsupported`, `permission` (refused), `device`, `cancelled`, …
   */
  generate(
    messages: readonly Message[],
    options: GenerationOptions,
    context: CallContext & { readonly onAnswer?: (answer: GeneratedAnswer, index: number) => void },
  ): Promise<readonly GeneratedAnswer[]>;
}
