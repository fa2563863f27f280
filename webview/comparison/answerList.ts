import { html, nothing, type TemplateResult } from 'lit';
import type { AnswerView, CellView } from '../../src/protocol/comparisonView';
import { formatNumber } from '../shared/formatNumber';
import { errorIcon, icon, warningIcon } from '../shared/icon';
import { strings } from './strings';

export interface AnswersParams {
  /** Of the version. */
  readonly name: string;
  readonly cell: CellView;
  readonly explain: (answer: number) => void;
}

/** A version's answers to an input with their scores, the best first once all are scored; always text, never markup. */
export function renderAnswers({ name, cell, explain }: AnswersParams): TemplateResult {
  const numbered = cell.answers.map((answer, index) => ({ answer, index }));
  const isComplete = cell.state === 'done';
  const ordered = isComplete
    ? numbered.sort((a, b) => (b.answer.score ?? -Infinity) - (a.answer.score ?? -Infinity))
    : numbered;
  return html`<section aria-label=${strings.answersOf(name)}>
    <h3><bdi>${name}</bdi></h3>
    ${cell.problem === null ? nothing : html`<p class="problem">${icon(errorIcon)}<span>${cell.problem}</span></p>`}
    ${cell.state === 'waiting' ? html`<p class="quiet">${strings.states.waiting}</p>` : nothing}
    <ol>
      ${ordered.map(({ answer, index }) => renderAnswer(answer, index, name, explain))}
    </ol>
  </section>`;
}

function renderAnswer(
  answer: AnswerView,
  index: number,
  name: string,
  explain: (answer: number) => void,
): TemplateResult {
  const { text, score, responseTokens, problem } = answer;
  return html`<li>
    <div class="about">
      ${score === null ? nothing : html`<strong class="number" title=${String(score)}>${formatNumber(score)}</strong>`}
      <span class="quiet">${strings.answer(index + 1)}</span>
      ${score === null && problem === null ? html`<span class="quiet">${strings.notScored}</span>` : nothing}
      ${responseTokens === null ? nothing : html`<span class="quiet">${strings.tokens(responseTokens)}</span>`}
      ${
        answer.finishReason === 'length'
          ? html`<span class="flag" title=${strings.cutOffHint}>${icon(warningIcon)}${strings.cutOff}</span>`
          : nothing
      }
      ${
        answer.truncated
          ? html`<span class="flag" title=${strings.truncatedHint}>${icon(warningIcon)}${strings.truncated}</span>`
          : nothing
      }
      ${
        score === null
          ? nothing
          : html`<button
              class="link"
              aria-label=${strings.showBreakdownOf(name, index + 1)}
              @click=${() => explain(index)}
            >
              ${strings.showBreakdown}
            </button>`
      }
    </div>
    ${problem === null ? nothing : html`<p class="problem">${icon(errorIcon)}<span>${problem}</span></p>`}
    <p class="text ${text === '' ? 'quiet' : ''}" dir="auto">${text === '' ? strings.emptyAnswer : text}</p>
  </li>`;
}
