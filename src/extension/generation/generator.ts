import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { Message } from '../../core/promptFile/message';
import type { AnswerContext } from '../sidecar/sidecarClient';

export interface GenerationOptions {
  /** Independent answers to the same prompt. */
  readonly count: number;
  readonly temperature: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

/** Whatever answers prompts: a local model, an OpenAI-compatible endpoint, or a language model of the editor. */
export interface Generator {
  /** As shown beside its answers: "starter, on this machine", "qwen3 at http://127.0.0.1:8000". */
  readonly label: string;
  /** @throws AlidadeError `unsupported`, `permission` (refused), `device`, `cancelled`, … */
  generate(
    messages: readonly Message[],
    options: GenerationOptions,
    context: AnswerContext,
  ): Promise<readonly GeneratedAnswer[]>;
}
