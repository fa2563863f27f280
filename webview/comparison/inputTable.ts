import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { mean } from '../../src/core/comparison/meanDifference';
import type { AnswersReference, CellView, ComparisonView, InputView, Side } from '../../src/protocol/comparisonView';
import { formatNumber } from '../shared/formatNumber';
import { chevronDownIcon, chevronRightIcon, diffIcon, icon, warningIcon } from '../shared/icon';
import { renderAnswers } from './answerList';
import { strings } from './strings';

export interface InputTableParams {
  readonly view: ComparisonView;
  /** Inputs whose answers are shown. */
  readonly open: ReadonlySet<number>;
  /** Answers are shown to their ends. */
  readonly whole: boolean;
  readonly toggle: (input: number) => void;
  readonly toggleWhole: () => void;
  readonly explain: (answers: AnswersReference) => void;
  readonly showTextDifference: (input: number) => void;
}

const sides: readonly Side[] = ['first', 'second'];

/** Inputs × versions: mean and best score, and the answers of the inputs that are open. */
export function renderInputTable(params: InputTableParams): TemplateResult {
  const { view, open, whole, toggleWhole } = params;
  return html`<section class="part">
    <div class="bar">
      <h2>${strings.inputs}</h2>
      ${
        open.size === 0
          ? nothing
          : html`<label class="whole"
              ><input type="checkbox" .checked=${whole} @change=${toggleWhole} />${strings.wholeTexts}</label
            >`
      }
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label=${strings.inputs}>
      <table class="inputs">
        <caption class="hidden">
          ${strings.inputs}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.input}</th>
            ${sides.map(
              (side) =>
                html`<th scope="col" class="value"><bdi>${strings.mean(view[side].name)}</bdi></th>
                  <th scope="col" class="value best"><bdi>${strings.best(view[side].name)}</bdi></th>`,
            )}
            <th scope="col" class="value">${strings.difference}</th>
            <th scope="col"><span class="hidden">${strings.textDifference}</span></th>
          </tr>
        </thead>
        <tbody>
          ${repeat(
            view.inputs,
            (_, index) => index,
            (input, index) => renderInput(params, input, index),
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderInput(params: InputTableParams, input: InputView, index: number): TemplateResult {
  const { open, toggle, showTextDifference } = params;
  const isOpen = open.has(index);
  const name = inputName(input, index);
  const [first, second] = sides.map((side) => scoresOf(input[side]));
  const difference = first.length === 0 || second.length === 0 ? null : mean(second) - mean(first);
  return html`<tr class=${isOpen ? 'open' : ''}>
      <th scope="row">
        <button
          class="expander"
          aria-expanded=${isOpen ? 'true' : 'false'}
          aria-controls="answers-${index}"
          @click=${() => toggle(index)}
        >
          ${icon(isOpen ? chevronDownIcon : chevronRightIcon)}<span class="name" title=${name}><bdi>${name}</bdi></span>
        </button>
      </th>
      ${sides.map((side) => renderScores(input[side]))}
      <td class="value" title=${difference === null ? nothing : String(difference)}>
        ${difference === null ? '' : formatNumber(difference, { signed: true })}
      </td>
      <td class="tools">
        ${
          input.first.rendered && input.second.rendered
            ? html`<ald-button
                kind="icon"
                .label=${strings.textDifferenceOf(name)}
                @click=${() => showTextDifference(index)}
                >${icon(diffIcon)}</ald-button
              >`
            : nothing
        }
      </td>
    </tr>
    ${isOpen ? renderOpen(params, input, index) : nothing}`;
}

export function inputName({ name, values }: InputView, index: number): string {
  if (name !== '') return name;
  if (values.length === 0 && index === 0) return strings.noVariables;
  return strings.inputNumber(index + 1);
}

function scoresOf({ answers }: CellView): number[] {
  return answers.flatMap(({ score }) => (score === null ? [] : [score]));
}

function renderScores(cell: CellView): TemplateResult {
  const scores = scoresOf(cell);
  if (scores.length === 0) {
    return html`<td class="value quiet">
        ${
          cell.state === 'failed'
            ? html`<span class="flag" title=${cell.problem ?? nothing}
                >${icon(warningIcon)}${strings.states.failed}</span
              >`
            : cell.state === 'done'
              ? html`<span class="flag">${icon(warningIcon)}${strings.states.done}</span>`
              : strings.states[cell.state]
        }
      </td>
      <td class="best"></td>`;
  }
  const average = mean(scores);
  const best = Math.max(...scores);
  return html`<td class="value" title=${strings.scoreHint(String(average), scores.length)}>${formatNumber(average)}</td>
    <td class="value best" title=${strings.bestHint(String(best))}>${formatNumber(best)}</td>`;
}

function renderOpen({ view, whole, explain }: InputTableParams, input: InputView, index: number): TemplateResult {
  return html`<tr class="answers">
    <td colspan="7" id="answers-${index}" class=${whole ? 'whole' : ''}>
      <div class="opened">
        ${
          input.values.length === 0
            ? nothing
            : html`<dl class="inputValues">
                ${input.values.map(
                  ({ name, value }) =>
                    html`<div>
                      <dt><bdi>${name}</bdi></dt>
                      <dd><bdi>${value}</bdi></dd>
                    </div>`,
                )}
              </dl>`
        }
        <div class="sides">
          ${sides.map((side) =>
            renderAnswers({
              name: view[side].name,
              cell: input[side],
              explain: (answer) => explain({ input: index, side, answer }),
            }),
          )}
        </div>
      </div>
    </td>
  </tr>`;
}
