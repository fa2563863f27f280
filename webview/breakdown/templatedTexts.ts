import { html, nothing, type TemplateResult } from 'lit';
import { copyIcon, icon, warningIcon } from '../shared/icon';
import type { Shown } from './comparison';
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
    <div class="texts ${shown.length === 2 ? 'two' : ''}">
      ${shown.map(
        ({ name, text }) =>
          html`<article>
            <header>
              ${shown.length === 2 ? html`<h3>${name}</h3>` : nothing}
              <span class="quiet"
                >${strings.tokens(text.tokens)}: ${strings.tokenParts(text.promptTokens, text.responseTokens)}</span
              >
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
${renderParts(text.text, specialTokens)}</pre>
          </article>`,
      )}
    </div>
  </section>`;
}

function renderParts(text: string, specialTokens: readonly string[]): (TemplateResult | string)[] {
  return splitTemplatedText(text, specialTokens).map(({ kind, text: part }) =>
    kind === 'text' ? part : html`<span class=${kind}>${part}</span>`,
  );
}
