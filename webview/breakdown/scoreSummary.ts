import { html, nothing, type TemplateResult } from 'lit';
import type { ExplainedRow, ExplainedText } from '../../src/core/reward/explainedRow';
import { formatNumber } from '../shared/formatNumber';
import { icon, warningIcon } from '../shared/icon';
import type { NamedResponse, Shown } from './comparison';
import { strings } from './strings';

/** The scores in large figures, and for two responses the margin and what it says about the label. */
export function renderScores(shown: Shown, kind: ExplainedRow['kind']): TemplateResult {
  const [first, second] = shown;
  return html`<dl class="facts">
    ${shown.map((response) => renderScore(response, shown.length === 1 && kind !== 'list' ? strings.score : response.name))}
    ${second === undefined || 2 < shown.length ? nothing : renderMargin(first, second, kind)}
  </dl>`;
}

function renderScore({ text }: NamedResponse, title: string): TemplateResult {
  return html`<div>
    <dt>${title}</dt>
    <dd class="big" title=${strings.scoreHint(String(text.score))}>${formatNumber(text.score)}</dd>
    <dd class="quiet details">
      <span title=${tokenPartsOf(text)}>${strings.tokens(text.tokens)}</span>
      ${
        text.truncated
          ? html`<span class="flag" title=${strings.truncatedHint}>${icon(warningIcon)}${strings.truncated}</span>`
          : nothing
      }
    </dd>
  </div>`;
}

/** How many tokens each part of the text has. */
export function tokenPartsOf({ tokens, promptTokens, responseTokens }: ExplainedText): string {
  return strings.tokenParts(promptTokens, responseTokens, tokens - promptTokens - responseTokens);
}

function renderMargin(first: NamedResponse, second: NamedResponse, kind: ExplainedRow['kind']): TemplateResult {
  const margin = first.text.score - second.text.score;
  return html`<div>
    <dt>${strings.margin}</dt>
    <dd class="big" title=${strings.marginHint(String(margin), first.name, second.name)}>
      ${formatNumber(margin, { signed: true })}
    </dd>
    <dd class=${kind === 'pair' && margin < 0 ? 'flag' : 'quiet'}>${verdict(margin, first, second, kind)}</dd>
  </div>`;
}

function verdict(
  margin: number,
  first: NamedResponse,
  second: NamedResponse,
  kind: ExplainedRow['kind'],
): TemplateResult | string {
  if (margin === 0) return strings.tie;
  if (kind !== 'pair') return strings.prefers(0 < margin ? first.name : second.name);
  return 0 < margin ? strings.agrees : html`${icon(warningIcon)}${strings.contradicts}`;
}
