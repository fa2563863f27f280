import { l10n, ProgressLocation, window } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { Message } from '../../core/promptFile/message';
import { abortSignalOf } from '../abortSignalOf';
import { reportError } from '../reportError';
import type { GenerationOptions, Generator } from './generator';

/**
 * Answers with their progress in a notification that can stop them. What is complete by then is kept, also when the rest
 * fails, which is shown; none: it was stopped before the first.
 * @throws AlidadeError as the generator, when not one answer came.
 */
export async function generateWithProgress(
  generator: Generator,
  messages: readonly Message[],
  options: GenerationOptions,
): Promise<readonly GeneratedAnswer[]> {
  const { count } = options;
  const title =
    count === 1
      ? l10n.t('Generating an answer: {0}', generator.label)
      : l10n.t('Generating {0} answers: {1}', count, generator.label);
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (report, token) => {
      const signal = abortSignalOf(token);
      const complete: GeneratedAnswer[] = [];
      try {
        return await generator.generate(messages, options, {
          signal,
          progress: ({ message }) => report.report({ message }),
          onAnswer: (answer) => {
            complete.push(answer);
            report.report({ increment: 100 / count, message: l10n.t('{0} of {1} complete', complete.length, count) });
          },
        });
      } catch (error) {
        const isStopped = signal.aborted || (error instanceof AlidadeError && error.code === 'cancelled');
        if (complete.length === 0 && !isStopped) throw error;
        if (!isStopped) reportError(error);
        return complete;
      }
    },
  );
}
