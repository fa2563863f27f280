import { html, nothing, type TemplateResult } from 'lit';
import type { DataReport } from '../../src/core/training/trainingReport';
import { formatCount } from '../shared/formatCount';
import { icon, warningIcon } from '../shared/icon';
import { strings } from './strings';

/** Which rows were read, where they are from, and which of them were not used. */
export function renderData(data: readonly DataReport[]): TemplateResult | typeof nothing {
  if (data.length === 0) return nothing;
  const has = (key: 'source' | 'licence' | 'labels'): boolean => data.some((set) => set[key] !== null);
  const columns = (['source', 'labels', 'licence'] as const).filter(has);
  const isRefused = data.some(({ refused }) => 0 < refused.length);
  return html`<section class="part">
    <h2>${strings.data}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${strings.data}>
      <table class="data">
        <caption class="hidden">
          ${strings.data}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.set}</th>
            <th scope="col">${strings.files}</th>
            <th scope="col" class="value">${strings.rows}</th>
            ${columns.map((column) => html`<th scope="col">${strings[column]}</th>`)}
            ${isRefused ? html`<th scope="col">${strings.refused}</th>` : nothing}
          </tr>
        </thead>
        <tbody>
          ${data.map(
            ({ name, files, refused, ...others }) =>
              html`<tr>
                <th scope="row"><bdi>${name}</bdi></th>
                <td>
                  ${files.map(
                    (file) =>
                      html`<span class="file" title=${strings.fileHint(file.sha256)}><bdi>${file.name}</bdi></span>`,
                  )}
                </td>
                <td class="value">${formatCount(files.reduce((sum, { rows }) => sum + rows, 0))}</td>
                ${columns.map((column) => html`<td class="wrap"><bdi>${others[column] ?? ''}</bdi></td>`)}
                ${isRefused ? html`<td class="wrap">${renderRefused(refused)}</td>` : nothing}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderRefused(refused: DataReport['refused']): TemplateResult | typeof nothing {
  if (refused.length === 0) return nothing;
  return html`<ul class="refused">
    ${refused.map(
      ({ reason, count, first }) =>
        html`<li title=${strings.refusedHint(reason, formatCount(count), first)}>
          ${icon(warningIcon)}<span>${formatCount(count)} · ${reason}</span>
        </li>`,
    )}
  </ul>`;
}
