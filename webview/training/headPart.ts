import { html, nothing, type TemplateResult } from 'lit';
import type { HeadDescription } from '../../src/protocol/sidecarTraining';
import type { HeadObjective } from '../../src/core/reward/headFile';
import { renderCard } from './cardText';
import { formatFigure } from './figureTable';
import { strings } from './strings';

/** What a head file says of itself: its objectives, and the card beside it. */
export function renderHead({ metadata, card }: HeadDescription): TemplateResult {
  const { objectives, coefficients } = metadata;
  const hasScales = objectives.some(({ scale }) => scale !== undefined);
  const hasDescriptions = objectives.some(({ description }) => description !== undefined);
  const weights = coefficients ?? objectives.map(() => 1 / objectives.length);
  return html`<section class="part">
      <h2>${strings.objectives}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${strings.objectives}>
        <table class="data">
          <caption class="hidden">
            ${strings.objectives}
          </caption>
          <thead>
            <tr>
              <th scope="col">${strings.objective}</th>
              <th scope="col">${strings.kind}</th>
              <th scope="col" class="value" title=${strings.coefficientHint}>${strings.coefficient}</th>
              ${hasScales ? html`<th scope="col">${strings.scale}</th>` : nothing}
              ${hasDescriptions ? html`<th scope="col">${strings.description}</th>` : nothing}
            </tr>
          </thead>
          <tbody>
            ${objectives.map(
              (objective, index) =>
                html`<tr>
                  <th scope="row"><bdi>${objective.name}</bdi></th>
                  <td class="quiet">${strings.kinds[objective.kind]}</td>
                  ${
                    metadata.gate === undefined
                      ? html`<td class="value" title=${String(weights[index])}>
                          ${formatFigure(weights[index] ?? 0)}
                        </td>`
                      : html`<td class="value quiet" title=${strings.byPromptHint}>${strings.byPrompt}</td>`
                  }
                  ${hasScales ? html`<td>${scaleText(objective)}</td>` : nothing}
                  ${hasDescriptions ? html`<td class="wrap">${objective.description ?? ''}</td>` : nothing}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>
    <section class="part card">
      <h2>${strings.card}</h2>
      ${card === null ? html`<p class="quiet">${strings.noCard}</p>` : renderCard(card)}
    </section>`;
}

function scaleText({ scale }: HeadObjective): string {
  return scale === undefined ? '' : strings.scaleOf(String(scale.min), String(scale.max), scale.unit ?? '');
}
