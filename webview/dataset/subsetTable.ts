import { html, nothing, type TemplateResult } from 'lit';
import type { SubsetOverview } from '../../src/core/dataset/datasetOverview';
import { formatCount } from '../shared/formatCount';
import { formatPercent } from '../shared/formatPercent';
import { strings } from './strings';

/** How the model does on each subset; a click shows its rows. */
export function renderSubsets(
  subsets: readonly SubsetOverview[],
  show: (subset: string) => void,
): TemplateResult | typeof nothing {
  if (subsets.length === 0) return nothing;
  const hasPairs = subsets.some(({ pairs }) => pairs !== null);
  const hasErrors = subsets.some(({ errors }) => 0 < errors);
  return html`<section class="part">
    <h2>${strings.subsets}</h2>
    <p class="quiet note">${strings.subsetsNote}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${strings.subsets}>
      <table class="subsets">
        <caption class="hidden">
          ${strings.subsets}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.subsetName}</th>
            <th scope="col" class="value">${strings.rows}</th>
            ${hasErrors ? html`<th scope="col" class="value">${strings.errors}</th>` : nothing}
            ${
              hasPairs
                ? html`<th scope="col" class="value">${strings.accuracy}</th>
                    <th scope="col" class="value" title=${strings.intervalHint}>${strings.intervalColumn}</th>`
                : nothing
            }
          </tr>
        </thead>
        <tbody>
          ${subsets.map(
            ({ name, rows, errors, pairs }) =>
              html`<tr>
                <th scope="row">
                  <button class="link" title=${strings.showSubset(name)} @click=${() => show(name)}>
                    <bdi>${name}</bdi>
                  </button>
                </th>
                <td class="value">${formatCount(rows)}</td>
                ${hasErrors ? html`<td class="value">${formatCount(errors)}</td>` : nothing}
                ${hasPairs ? renderPairs(pairs) : nothing}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderPairs(pairs: SubsetOverview['pairs']): TemplateResult {
  if (pairs === null)
    return html`<td></td>
      <td></td>`;
  const { n, wins, accuracy, interval } = pairs;
  return html`<td class="value" title=${strings.accuracyHint(formatCount(wins), formatCount(n), String(accuracy))}>
      ${formatPercent(accuracy)}
    </td>
    <td class="value quiet" title=${strings.intervalHint}>
      ${strings.interval(formatPercent(interval.low), formatPercent(interval.high))}
    </td>`;
}
