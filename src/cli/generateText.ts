import { generate, readLastPosition } from '../engine/generation/generate';
import { openLanguageModel } from '../engine/generation/languageModel';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { ChoiceWriter } from './choiceWriter';
import type { generateOptions } from './options';
import { encodePrompt, readPrompt } from './readPrompt';

/** `alidade generate` */
export async function generateText({
  options,
  terminal,
  context,
}: CommandCall<typeof generateOptions>): Promise<ExitStatus> {
  const prompt = await readPrompt(options, context.signal);
  const { model: reference, device, dtype, threads, n: count, seed, temperature } = options;
  const model = await openLanguageModel({ reference, device, dtype, threads }, context);
  try {
    const promptIds = encodePrompt(prompt, model);
    if (options.logits) {
      await terminal.writeJson(await readLastPosition(model, promptIds, context));
      return exitStatus.done;
    }
    const writer = new ChoiceWriter({ count, write: (text) => void terminal.write(text) });
    const generation = await generate(
      model,
      {
        promptIds,
        count,
        seed,
        temperature,
        topP: options['top-p'],
        topK: options['top-k'],
        maxNewTokens: options['max-new-tokens'],
        ignoreEndOfSequence: options['ignore-eos'],
        ...(options.json ? {} : { onText: (piece: string, choice: number) => writer.add(piece, choice) }),
      },
      options.json ? context : { ...context, progress: () => undefined },
    );
    if (options.json) await terminal.writeJson(generation);
    else writer.end();
    return exitStatus.done;
  } finally {
    await model.release();
  }
}
