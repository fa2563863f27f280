import type { LanguageModelChat } from 'vscode';
import { CancellationTokenSource, l10n, LanguageModelChatMessage, LanguageModelError, lm } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { Message } from '../../core/promptFile/message';
import { readSetting } from '../readSetting';
import type { GenerationOptions, Generator } from './generator';

/** Milliseconds without a word of an answer. */
const silenceTimeout = 120_000;

/** What of the editor's language models is needed: a test puts its own there. */
export type EditorModels = Pick<typeof lm, 'selectChatModels'>;

export interface EditorGeneratorParams {
  readonly models?: EditorModels;
  /** Milliseconds; set only to test. */
  readonly timeout?: number;
}

/**
 * A language model that another extension gives to the editor. The editor asks for the user's consent at the first request.
 * @throws AlidadeError `not_found` when there is none.
 */
export async function openEditorGenerator({
  models = lm,
  timeout = silenceTimeout,
}: EditorGeneratorParams = {}): Promise<Generator> {
  const model = await selectModel(models, readSetting('generator.editorModel').trim());
  return {
    label: l10n.t('{0} of {1}', model.name, model.vendor),
    generate: async (messages, options, { signal, progress, onAnswer }) => {
      const answers: GeneratedAnswer[] = [];
      for (let index = 0; index < options.count; index += 1) {
        progress?.({ message: l10n.t('Answer {0} of {1}', index + 1, options.count) });
        const answer = await answerOnce({ model, messages, options, timeout, signal });
        answers.push(answer);
        onAnswer?.(answer, index);
      }
      return answers;
    },
  };
}

async function selectModel(models: EditorModels, chosen: string): Promise<LanguageModelChat> {
  const found = await models.selectChatModels(chosen === '' ? {} : { id: chosen });
  const [model] = found;
  if (model !== undefined) return model;
  throw new AlidadeError({
    code: 'not_found',
    message:
      chosen === ''
        ? l10n.t('the editor has no language model')
        : l10n.t('the editor has no language model {0}', chosen),
    hint: l10n.t('install an extension that gives it one and sign in there, or choose another generator'),
  });
}

interface AnswerOnceParams {
  readonly model: LanguageModelChat;
  readonly messages: readonly Message[];
  readonly options: GenerationOptions;
  readonly timeout: number;
  readonly signal: AbortSignal;
}

async function answerOnce(params: AnswerOnceParams): Promise<GeneratedAnswer> {
  const { model, messages, options, timeout, signal } = params;
  const source = new CancellationTokenSource();
  const cancel = (): void => source.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  let stop: (error: AlidadeError) => void = () => {};
  // A model that hangs may not hear its cancellation either.
  const stopped = new Promise<never>((_resolve, reject) => (stop = reject));
  stopped.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const listen = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      source.cancel();
      stop(timedOut(model, timeout));
    }, timeout);
  };
  const onAbort = (): void => stop(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    listen();
    const read = async (): Promise<string> => {
      const { temperature, maxNewTokens } = options;
      const response = await model.sendRequest(
        messages.map(toChatMessage),
        {
          justification: l10n.t('To answer the prompt, so that the answers can be scored'),
          // Which of them a model knows is its own affair.
          modelOptions: { temperature, max_tokens: maxNewTokens },
        },
        source.token,
      );
      let text = '';
      for await (const piece of response.text) {
        text += piece;
        listen();
      }
      return text;
    };
    return { text: await Promise.race([read(), stopped]), finishReason: 'stop' };
  } catch (error) {
    if (error instanceof AlidadeError) throw error;
    if (signal.aborted) throw new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    throw describeModelError(error, model);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
    signal.removeEventListener('abort', onAbort);
    source.dispose();
  }
}

/** The editor's interface has no system turn: such text is said as the user's. */
function toChatMessage({ role, content }: Message): LanguageModelChatMessage {
  return role === 'assistant' ? LanguageModelChatMessage.Assistant(content) : LanguageModelChatMessage.User(content);
}

function describeModelError(error: unknown, { name }: LanguageModelChat): AlidadeError {
  const words = error instanceof Error ? error.message : String(error);
  if (!(error instanceof LanguageModelError)) {
    return new AlidadeError({ code: 'device', message: l10n.t('{0} failed: {1}', name, words), cause: error });
  }
  if (error.code === LanguageModelError.NoPermissions.name) {
    return new AlidadeError({
      code: 'permission',
      message: l10n.t('{0} may not be used: {1}', name, words),
      hint: l10n.t('allow it when the editor asks, or choose another generator'),
      cause: error,
    });
  }
  if (error.code === LanguageModelError.NotFound.name) {
    return new AlidadeError({
      code: 'not_found',
      message: l10n.t('{0} is not there any more', name),
      hint: l10n.t('choose another generator'),
      cause: error,
    });
  }
  if (error.code === LanguageModelError.Blocked.name) {
    return new AlidadeError({
      code: 'permission',
      message: l10n.t('{0} blocks the request: {1}', name, words),
      hint: l10n.t('its quota may be used up, or its filter may have stopped the prompt'),
      cause: error,
    });
  }
  // A refusal comes as the cause of an error without a code.
  const cause = error.cause instanceof Error ? error.cause.message : '';
  if (/off[_ -]topic|filter|responsible|refus/i.test(`${cause} ${words}`)) {
    return new AlidadeError({
      code: 'permission',
      message: l10n.t('{0} refuses to answer the prompt: {1}', name, cause === '' ? words : cause),
      hint: l10n.t('change the prompt, or choose another generator'),
      cause: error,
    });
  }
  return new AlidadeError({ code: 'device', message: l10n.t('{0} failed: {1}', name, words), cause: error });
}

function timedOut({ name }: LanguageModelChat, timeout: number): AlidadeError {
  return new AlidadeError({
    code: 'device',
    message: l10n.t('{0} did not say anything for {1} s', name, timeout / 1000),
    hint: l10n.t('try again, or choose another generator'),
  });
}
