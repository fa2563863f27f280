import { html, nothing, type TemplateResult } from 'lit';
import type { ExplainedText } from '../../src/core/reward/explainedRow';
import { copyIcon, icon, warningIcon } from '../shared/icon';
import type { Shown } from './comparison';
import { tokenPartsOf } from './scoreSummary';
import { splitTemplatedText } from './splitTemplatedText';
import { strings } from './strings';

export interface TemplatedTextsParams {
  readonly shown: Shown;
  readonly specialTokens: readonly string[];
  readonly copy: (text: string) => void;
}

/** Exactly what the model was given, with special tokens and unseen characters marked; always text, never markup. */
export function renderTemplatedTexts({ shown, specialTokens, copy }: TemplatedTextsParams): TemplateResult {
  return html`<section class="part">
    <h2>${strings.exactText}</h2>
    <p class="quiet">${strings.exactTextNote}</p>
    <div class="texts ${1 < shown.length ? 'two' : ''}">
      ${shown.map(
        ({ name, text }) =>
          html`<article>
            <header>
              ${1 < shown.length ? html`<h3>${name}</h3>` : nothing}
              <span class="quiet" title=${tokenPartsOf(text)}>${strings.tokens(text.tokens)}</span>
              ${
                text.truncated
                  ? html`<span class="flag" title=${strings.truncatedHint}
                      >${icon(warningIcon)} ${strings.truncated}</span
                    >`
                  : nothing
              }
              <ald-button kind="icon" .label=${strings.copyText(name)} @click=${() => copy(text.text)}
                >${icon(copyIcon)}</ald-button
              >
            </header>
            <pre tabindex="0" role="region" aria-label=${strings.exactTextOf(name)}>
${renderText(text, specialTokens)}</pre>
          </article>`,
      )}
    </div>
  </section>`;
}

/** Prompt, response and end of turn, each with how many tokens it has, where that is known. */
function renderText(explained: ExplainedText, specialTokens: readonly string[]): readonly unknown[] {
  const { text, responseSpan, tokens, promptTokens, responseTokens } = explained;
  const cut = explained.truncated
    ? html`<span class="cut" title=${strings.truncatedHint}>${icon(warningIcon)}${strings.cutHere}</span>`
    : nothing;
  if (responseSpan === undefined) return [cut, renderParts(text, specialTokens)];
  const { start, end } = responseSpan;
  const rest = tokens - promptTokens - responseTokens;
  return [
    mark(strings.promptPart(strings.tokens(promptTokens))),
    cut,
    renderParts(text.slice(0, start), specialTokens),
    mark(strings.responsePart(strings.tokens(responseTokens))),
    renderParts(text.slice(start, end), specialTokens),
    ...(0 < rest ? [mark(strings.endPart(strings.tokens(rest))), renderParts(text.slice(end), specialTokens)] : []),
  ];
}

/** No part of the text: it is not copied with it. */
function mark(words: string): TemplateResult {
  return html`<span class="mark">${words}</span>`;
}

function renderParts(text: string, specialTokens: readonly string[]): (TemplateResult | string)[] {
  return splitTemplatedText(text, specialTokens).map(({ kind, text: part }) =>
    kind === 'text' ? part : html`<span class=${kind}>${part}</span>`,
  );
}
