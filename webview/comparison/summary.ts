import { html, nothing, type TemplateResult } from 'lit';
import type { ComparedMeasure, IntervalBasis, VersionComparison } from '../../src/core/comparison/versionComparison';
import type { ComparisonView } from '../../src/protocol/comparisonView';
import { formatNumber } from '../shared/formatNumber';
import { icon, infoIcon } from '../shared/icon';
import { strings } from './strings';

/** What the numbers allow to say, in a sentence, and the numbers. */
export function renderSummary(view: ComparisonView, comparison: VersionComparison): TemplateResult {
  const { first, second, inputs, state } = view;
  const { score } = comparison;
  const isSame = inputs.every(({ samePrompt }) => samePrompt);
  return html`<section class="verdict" aria-labelledby="verdict">
    <h2 id="verdict"><bdi>${verdictText(comparison, second.name)}</bdi></h2>
    <p class="quiet basis">${basisText(comparison)}</p>
    ${
      comparison.inputs < inputs.length
        ? html`<p class="quiet">${strings.partial(comparison.inputs, inputs.length)}</p>`
        : nothing
    }
    ${isSame && state.kind !== 'idle' ? html`<p class="remark">${icon(infoIcon)}${strings.samePrompt}</p>` : nothing}
    <dl class="facts">
      ${renderMean(first.name, score.first)} ${renderMean(second.name, score.second)}
      <div>
        <dt>${strings.difference}</dt>
        <dd class="big" title=${strings.differenceHint(String(score.difference), second.name, first.name)}>
          ${formatNumber(score.difference, { signed: true })}
        </dd>
        <dd class="quiet" title=${intervalHint(comparison.basis)}>${intervalText(score)}</dd>
      </div>
      ${
        comparison.inputs < 2
          ? nothing
          : html`<div>
              <dt>${strings.byInput}</dt>
              <dd class="big number" title=${strings.winsHint(second.name)}>
                ${score.wins} : ${score.ties} : ${score.losses}
              </dd>
              <dd class="quiet">${strings.wins(score.wins, score.ties, score.losses)}</dd>
            </div>`
      }
      <div>
        <dt>${strings.length}</dt>
        <dd class="big" title=${strings.lengthHint}>
          ${formatTokens(comparison.responseTokens.difference, { signed: true })}
        </dd>
        <dd class="quiet">
          ${strings.lengthOf(formatTokens(comparison.responseTokens.first), formatTokens(comparison.responseTokens.second))}
        </dd>
      </div>
    </dl>
    ${renderCause(comparison)}
  </section>`;
}

function verdictText({ score, basis }: VersionComparison, second: string): string {
  const { verdict } = score;
  if (verdict !== 'higher' && verdict !== 'lower') return strings.verdicts[verdict];
  return basis === 'answers' ? strings.verdictOnOneInput[verdict](second) : strings.verdict[verdict](second);
}

function basisText({ basis, inputs, score }: VersionComparison): string {
  if (basis === 'none') return strings.basis.oneEach;
  if (basis === 'answers') return strings.basis.answers;
  return score.interval === null ? strings.basis.sameEverywhere : strings.basis.inputs(inputs);
}

function renderMean(name: string, value: number): TemplateResult {
  return html`<div>
    <dt><bdi>${strings.meanScore(name)}</bdi></dt>
    <dd class="big" title=${strings.meanHint(String(value))}>${formatNumber(value)}</dd>
  </div>`;
}

/** "95 %: −0.1 to +0.2" */
export function intervalText({ interval }: ComparedMeasure): string {
  if (interval === null) return strings.noInterval;
  return strings.interval(formatNumber(interval.low, { signed: true }), formatNumber(interval.high, { signed: true }));
}

function intervalHint(basis: IntervalBasis): string | typeof nothing {
  return basis === 'none' ? nothing : strings.intervalHint[basis];
}

function renderCause({ parts }: VersionComparison): TemplateResult | typeof nothing {
  if (parts === null) return nothing;
  const [rewards, weights] = [parts.rewards, parts.weights].map((value) => formatNumber(value, { signed: true }));
  return html`<p class="cause quiet" title=${strings.causeHint}>${strings.cause(rewards, weights)}</p>`;
}

/** A mean number of tokens, to one decimal. */
function formatTokens(value: number, { signed = false }: { readonly signed?: boolean } = {}): string {
  const text = Math.abs(value).toFixed(1);
  return `${value < 0 ? '−' : signed && 0 < value ? '+' : ''}${text}`;
}
