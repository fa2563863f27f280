import { tokenProbabilities } from '../../core/generation/tokenProbabilities';
import type { TokenProbability } from '../../core/generation/tokenProbabilities';
import type { JobContext } from '../../core/jobContext';
import { checkPrompt, generate } from '../../engine/generation/generate';
import { requireTemplate } from '../../engine/generation/languageModel';
import type { LanguageModel } from '../../engine/generation/languageModel';
import { promptProbabilities } from '../../engine/generation/promptProbabilities';
import type { GenerationEvent, GenerationPrompt, GenerationRequest, TokenLogprob } from '../modelService';

export interface StreamGenerationParams {
  readonly model: LanguageModel;
  readonly request: GenerationRequest;
  readonly onEvent: (event: GenerationEvent) => void;
}

/**
 * Generates and says at every step what has come.
 * @throws AlidadeError `row`, `too_long`, `template`, `device`, `cancelled`.
 */
export async function streamGeneration(
  { model, request, onEvent }: StreamGenerationParams,
  context: JobContext,
): Promise<void> {
  const promptIds = encodePrompt(request.prompt, model);
  checkPrompt(model, promptIds);
  const { alternatives, echo } = request;
  const decode = (id: number): string => model.tokenizer.decode([id], { skipSpecialTokens: false });
  const name = ({ id, logProbability }: TokenProbability): TokenLogprob['top'][number] => ({
    token: decode(id),
    logprob: logProbability,
  });
  const predicted =
    echo && alternatives !== null ? await promptProbabilities(model, { promptIds, count: alternatives }, context) : [];
  onEvent({
    kind: 'prompt',
    tokens: promptIds.length,
    text: echo ? model.tokenizer.decode(promptIds, { skipSpecialTokens: true }) : '',
    logprobs: predicted.map(({ id, logProbability, top }) => ({
      token: decode(id),
      logprob: logProbability,
      top: top.map(name),
      isEnd: false,
    })),
  });
  const endIds = new Set(request.ignoreEndOfSequence ? [] : model.checkpoint.config.eosTokenIds);
  for (let choice = 0; choice < request.count; choice += 1) {
    // Tokens whose text is held back, because a character or a stop text is not complete yet.
    let pending: TokenLogprob[] = [];
    const flush = (text: string): void => {
      onEvent({ kind: 'piece', choice, text, logprobs: pending });
      pending = [];
    };
    const generation = await generate(
      model,
      {
        promptIds,
        maxNewTokens: request.maxNewTokens,
        count: 1,
        seed: request.seed + choice,
        temperature: request.temperature,
        topP: request.topP,
        topK: request.topK,
        ignoreEndOfSequence: request.ignoreEndOfSequence,
        stopTexts: request.stopTexts,
        onText: flush,
        onToken: ({ id, logits }) => {
          if (alternatives === null) return;
          const { logProbability, top } = tokenProbabilities(logits, { id, count: alternatives });
          pending.push({ token: decode(id), logprob: logProbability, top: top.map(name), isEnd: endIds.has(id) });
        },
      },
      context,
    );
    if (0 < pending.length) flush('');
    const [{ finishReason }] = generation.choices;
    onEvent({ kind: 'end', choice, finishReason, tokens: generation.usage.completionTokens });
  }
}

function encodePrompt(prompt: GenerationPrompt, model: LanguageModel): readonly number[] {
  const { tokenizer } = model;
  switch (prompt.kind) {
    case 'ids':
      return prompt.ids;
    case 'text': {
      // Text that already begins with BOS must not get a second one.
      const hasBos = tokenizer.bosToken !== null && prompt.text.startsWith(tokenizer.bosToken);
      return tokenizer.encode(prompt.text, { addSpecialTokens: !hasBos });
    }
    case 'messages':
      return tokenizer.encodeRendered(requireTemplate(model).render(prompt.messages, { addGenerationPrompt: true }));
  }
}
