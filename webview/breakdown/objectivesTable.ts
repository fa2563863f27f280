import { html, nothing, type TemplateResult } from 'lit';
import type { ObjectiveContribution } from '../../src/core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../src/core/reward/rewardModelDescription';
import { formatNumber } from '../shared/formatNumber';
import { objectivesOf, type ComparedObjective, type NamedResponse, type Shown } from './comparison';
import { renderRatingScale } from './ratingScale';
import { strings } from './strings';

type Key = 'reward' | 'rating' | 'gate' | 'coefficient' | 'contribution';

interface Column {
  readonly key: Key;
  readonly name: string;
  readonly hint: string;
  /** One number for both responses, as they agree on every objective. */
  readonly shared: boolean;
}

/** Every number behind the scores of the responses shown, in the model's own order. */
export function renderObjectivesTable(shown: Shown, model: RewardModelDescription): TemplateResult {
  const objectives = objectivesOf(shown);
  const columns = columnsOf(objectives);
  const scales = new Map(model.objectives.map(({ name, scale }) => [name, scale]));
  const hasScale = model.objectives.some(({ scale }) => scale !== undefined);
  const split = columns.some(({ shared }) => !shared);
  const rowspan = split ? 2 : 1;
  return html`<table class="objectives">
    <caption class="hidden">
      ${strings.numbers}
    </caption>
    <thead>
      <tr>
        <th scope="col" rowspan=${rowspan}>${strings.objective}</th>
        ${hasScale ? html`<th scope="col" rowspan=${rowspan}>${strings.scale}</th>` : nothing}
        ${columns.map(({ name, hint, shared }) =>
          shared
            ? html`<th scope="col" class="value" rowspan=${rowspan} title=${hint}>${name}</th>`
            : html`<th scope="colgroup" class="value group" colspan=${shown.length} title=${hint}>${name}</th>`,
        )}
      </tr>
      ${
        split
          ? html`<tr>
              ${columns.map(({ shared }) =>
                shared ? nothing : shown.map(({ name }) => html`<th scope="col" class="value">${name}</th>`),
              )}
            </tr>`
          : nothing
      }
    </thead>
    <tbody>
      ${objectives.map((objective) => {
        const scale = scales.get(objective.name);
        return html`<tr>
          <th scope="row"><bdi>${objective.name}</bdi></th>
          ${
            hasScale ? html`<td>${scale === undefined ? '' : renderRatingScale(objective, scale, shown)}</td>` : nothing
          }
          ${columns.map((column) => renderCells(objective, column, shown))}
        </tr>`;
      })}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row">${strings.total}</th>
        ${hasScale ? html`<td></td>` : nothing} ${columns.map((column) => renderTotal(column, shown))}
      </tr>
    </tfoot>
  </table>`;
}

function columnsOf(objectives: readonly ComparedObjective[]): readonly Column[] {
  const hints: Record<Key, readonly [name: string, hint: string]> = {
    reward: [strings.reward, strings.rewardHint],
    rating: [strings.rating, strings.ratingHint],
    gate: [strings.gate, strings.gateHint],
    coefficient: [strings.coefficient, strings.coefficientHint],
    contribution: [strings.contribution, strings.contributionHint],
  };
  const keys: readonly Key[] = ['reward', 'rating', 'gate', 'coefficient', 'contribution'];
  return keys
    .filter((key) => objectives.some(({ parts }) => parts.some((part) => part[key] !== undefined)))
    .map((key) => ({
      key,
      name: hints[key][0],
      hint: hints[key][1],
      shared: objectives.every(({ parts }) => parts.length === 1 || parts.every((part) => part[key] === parts[0][key])),
    }));
}

function renderCells({ parts }: ComparedObjective, { key, shared }: Column, shown: Shown): TemplateResult[] {
  return (shared ? parts.slice(0, 1) : parts).map((part, index) =>
    part[key] === undefined
      ? html`<td></td>`
      : html`<td class="value" title=${explain(part, key, shared ? undefined : shown[index])}>
          ${formatNumber(part[key])}
        </td>`,
  );
}

function explain(part: ObjectiveContribution, key: Key, response: NamedResponse | undefined): string {
  const of = response === undefined || response.name === strings.response ? '' : ` (${response.name})`;
  const words: Record<Key, string> = {
    reward: strings.rewardHint,
    rating: strings.ratingHint,
    gate: strings.gateHint,
    coefficient: strings.coefficientHint,
    contribution: `= ${part.coefficient} × ${part.reward}\n${strings.contributionHint}`,
  };
  return `${part.name}${of}\n${part[key]}\n${words[key]}`;
}

function renderTotal({ key, shared }: Column, shown: Shown): TemplateResult | TemplateResult[] {
  if (key !== 'contribution') return html`<td colspan=${shared ? 1 : shown.length}></td>`;
  return (shared ? shown.slice(0, 1) : shown).map(
    ({ text }) =>
      html`<td class="value" title=${strings.scoreHint(String(text.score))}>${formatNumber(text.score)}</td>`,
  );
}
