import { AlidadeError } from '../../core/alidadeError';
import { commonPrefixLength } from '../../core/commonPrefixLength';
import { checkPromptEnd } from '../../core/promptFile/checkPromptEnd';
import type { Message } from '../../core/promptFile/message';
import type { ScorableInput } from '../../core/promptFile/scorableRow';
import type { RatedText, RatingPrompt } from '../../core/reward/ratingPrompt';
import { findLastRun } from '../../core/reward/findLastRun';
import type { ChatTemplate } from '../../core/tokenizer/chatTemplate';
import type { Tokenizer } from '../../core/tokenizer/tokenizer';
import { fitTokens, refuseFarTooLong } from './fitTokens';
import type { FittedTokens, TokenLimit } from './fitTokens';
import { responseMarker } from './responseMarker';

/** One text as the model is given it. */
export interface PreparedText {
  readonly ids: readonly number[];
  /** The text of `ids`, special tokens spelled out. */
  readonly text: string;
  readonly truncated: boolean;
  /** The response's tokens in `ids`, without the end of turn: from `start` up to `end`; null when there is no response. */
  readonly response: { readonly start: number; readonly end: number } | null;
}

export interface TextPreparerParts {
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate | null;
  readonly vocabSize: number;
  readonly modelName: string;
  /** The prompt that conversations are written in, instead of the chat template. */
  readonly prompt?: RatingPrompt | null;
}

interface EncodedText {
  readonly ids: readonly number[];
  readonly text: string | null;
  readonly responseStart: number | null;
  /** Where it is known; else found from the end of turn. */
  readonly responseEnd?: number;
}

/** Turns rows into token ids with the model's own template, and finds where the response lies. */
export class TextPreparer {
  readonly #parts: TextPreparerParts;
  #marker: readonly number[] | null = null;

  constructor(parts: TextPreparerParts) {
    this.#parts = parts;
  }

  /** @throws AlidadeError `template`, `too_long`, `row`. */
  prepare(input: ScorableInput, options: TokenLimit): PreparedText {
    const whole = this.#encode(input, options);
    const { tokenizer } = this.#parts;
    const { ids, dropped, kept } = fitTokens(whole.ids, options, tokenizer);
    const truncated = 0 < dropped;
    const start = whole.responseStart;
    return {
      ids,
      text: truncated || whole.text === null ? tokenizer.decode(ids, { skipSpecialTokens: false }) : whole.text,
      truncated,
      response: start === null ? null : this.#locateResponse(whole, { ids, dropped, kept, start }),
    };
  }

  /**
   * A conversation without its reply, up to where the reply begins.
   * @param marker tokens at which a reply begins, those of a gate: then a reply is put behind the conversation and cut off
   * again, so that what is read there is what is read of any reply, also where the template opens no turn when asked to.
   * @throws AlidadeError `template`, `too_long`, `row`, `gate_not_found`.
   */
  preparePrompt(messages: readonly Message[], marker: readonly number[] | null, options: TokenLimit): PreparedText {
    checkPromptEnd(messages);
    const { tokenizer } = this.#parts;
    const whole = this.#encodePrompt(messages, marker, options);
    const { ids, dropped } = fitTokens(whole.ids, options, tokenizer);
    const text = 0 < dropped || whole.text === null ? tokenizer.decode(ids, { skipSpecialTokens: false }) : whole.text;
    return { ids, text, truncated: 0 < dropped, response: null };
  }

  #encodePrompt(
    messages: readonly Message[],
    marker: readonly number[] | null,
    limit: TokenLimit,
  ): Pick<EncodedText, 'ids' | 'text'> {
    const { tokenizer, prompt = null } = this.#parts;
    if (prompt !== null) {
      const { before } = prompt.write([...messages, { role: 'assistant', content: '' }]);
      refuseFarTooLong(before, limit, tokenizer);
      return { ids: tokenizer.encode(before, { addSpecialTokens: true }), text: before };
    }
    if (marker === null) {
      const text = this.#template().render(messages, { addGenerationPrompt: true });
      return { ids: this.#encodeText(text, limit), text };
    }
    const answered = [...messages, { role: 'assistant', content: 'A' }];
    const ids = this.#encodeText(this.#template().render(answered, { addGenerationPrompt: false }), limit);
    const found = findLastRun(ids, marker);
    if (found === -1) throw gateNotFound();
    return { ids: ids.slice(0, found + marker.length), text: null };
  }

  #locateResponse(
    { responseEnd }: EncodedText,
    { ids, dropped, kept, start }: FittedTokens & { readonly start: number },
  ): { readonly start: number; readonly end: number } {
    const first = Math.max(kept, start - dropped);
    if (responseEnd === undefined) return this.#responseRange(ids, first);
    return { start: first, end: Math.max(first, responseEnd - dropped) };
  }

  #encode(input: ScorableInput, limit: TokenLimit): EncodedText {
    switch (input.kind) {
      case 'messages': {
        const { prompt = null } = this.#parts;
        if (prompt !== null) return this.#encodeRating(prompt.write(input.messages), limit);
        const text = this.#template().render(input.messages, { addGenerationPrompt: false });
        const ids = this.#encodeText(text, limit);
        return { ids, text, responseStart: this.#startOfReply(input.messages, ids) };
      }
      case 'text': {
        const ids = this.#encodeText(input.text, limit);
        return { ids, text: input.text, responseStart: this.#findMarker(ids) };
      }
      case 'ids': {
        const { vocabSize } = this.#parts;
        const outside = input.ids.find((id) => !Number.isInteger(id) || id < 0 || vocabSize <= id);
        if (outside !== undefined) {
          throw rowError(`token id ${outside} is outside the vocabulary of ${vocabSize}`);
        }
        if (input.ids.length === 0) throw rowError('there are no tokens');
        return { ids: input.ids, text: null, responseStart: this.#findMarker(input.ids) };
      }
    }
  }

  /** As the tokenizer encodes plain text: with BOS where it adds one. */
  #encodeRating({ before, response, after }: RatedText, limit: TokenLimit): EncodedText {
    const { tokenizer } = this.#parts;
    const encode = (text: string): number[] => tokenizer.encode(text, { addSpecialTokens: true });
    const text = `${before}${response}${after}`;
    refuseFarTooLong(text, limit, tokenizer);
    const ids = encode(text);
    if (response === '') return { ids, text, responseStart: null };
    const responseEnd = commonPrefixLength(ids, encode(`${before}${response}`));
    return { ids, text, responseStart: commonPrefixLength(ids, encode(before)), responseEnd };
  }

  #encodeText(text: string, limit: TokenLimit): number[] {
    refuseFarTooLong(text, limit, this.#parts.tokenizer);
    const ids = this.#parts.tokenizer.encodeRendered(text);
    if (ids.length === 0) throw rowError('the text has no tokens');
    return ids;
  }

  #template(): ChatTemplate {
    const { template, modelName } = this.#parts;
    if (template !== null) return template;
    throw new AlidadeError({
      code: 'template',
      message: `${modelName} has no chat template`,
      hint: 'give rows with `text` (already templated) or `ids`, or add chat_template.jinja to the checkpoint',
    });
  }

  /** The prompt ends where the whole conversation and the prompt with its generation prompt stop being equal. */
  #startOfReply(messages: readonly Message[], ids: readonly number[]): number | null {
    if (messages.at(-1)?.role !== 'assistant') return null;
    let prompt: readonly number[];
    try {
      const text = this.#template().render(messages.slice(0, -1), { addGenerationPrompt: true });
      prompt = this.#parts.tokenizer.encodeRendered(text);
    } catch {
      return this.#findMarker(ids); // a template may refuse a conversation without its reply
    }
    return commonPrefixLength(ids, prompt);
  }

  #findMarker(ids: readonly number[]): number | null {
    const { template, tokenizer } = this.#parts;
    if (template === null) return null;
    try {
      this.#marker ??= responseMarker(template, tokenizer);
    } catch {
      this.#marker = [];
    }
    const found = findLastRun(ids, this.#marker);
    return found === -1 ? null : found + this.#marker.length;
  }

  /** Leaves out the end of turn: the last special token and the white space that may follow it. */
  #responseRange(ids: readonly number[], start: number): { readonly start: number; readonly end: number } {
    const { tokenizer } = this.#parts;
    let last = ids.length - 1;
    while (start <= last && !tokenizer.isSpecial(ids[last] ?? 0)) last -= 1;
    const tail = ids.slice(last + 1);
    const onlySpace = tail.length < 4 && tokenizer.decode(tail, { skipSpecialTokens: true }).trim() === '';
    return { start, end: start <= last && onlySpace ? last : ids.length };
  }
}

export function gateNotFound(): AlidadeError {
  return new AlidadeError({
    code: 'gate_not_found',
    message: 'the tokens have no start of an assistant turn, where the gate reads the prompt',
    hint: 'the row needs a user turn and an assistant turn in the template of this model; truncation may have cut it off',
  });
}

function rowError(message: string): AlidadeError {
  return new AlidadeError({ code: 'row', message });
}
