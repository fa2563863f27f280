import { html, nothing, type TemplateResult } from 'lit';
import type { ComparisonState } from '../../src/protocol/checkpointView';
import type { CellEvent } from '../shared/charts/heatMap';
import '../shared/differenceMap';
import { formatPercent } from '../shared/formatPercent';
import { closeIcon, errorIcon, icon } from '../shared/icon';
import { renderWorkProgress } from '../shared/workProgress';
import { strings } from './strings';
import { formatCosine, formatDistance } from './tensorColumns';

const mostUncompared = 100;

export interface ComparisonActions {
  readonly stop: () => void;
  readonly close: () => void;
  /** null: what lies outside the layers. */
  readonly showLayer: (layer: number | null) => void;
}

/** Where the weights of another checkpoint differ from those of the file. */
export function renderComparison(comparison: ComparisonState, actions: ComparisonActions): TemplateResult {
  const { other, work, difference, total } = comparison;
  return html`<section class="part" aria-labelledby="difference">
    <div class="bar">
      <h2 id="difference">${strings.difference}</h2>
      <span class="quiet" title=${other.path}><bdi>${other.name}</bdi></span>
      <span class="tools">
        ${
          work.kind === 'running'
            ? html`<ald-button kind="secondary" @click=${actions.stop}>${strings.stopComparing}</ald-button>`
            : nothing
        }
        <ald-button kind="icon" .label=${strings.dropComparison} @click=${actions.close}>${icon(closeIcon)}</ald-button>
      </span>
    </div>
    ${work.kind === 'running' ? renderWorkProgress(strings.comparing, work.progress) : nothing}
    ${work.kind === 'stopped' ? html`<p class="quiet" role="status">${strings.comparisonStopped}</p>` : nothing}
    ${
      work.kind === 'failed'
        ? html`<div class="banner error" role="alert">
            ${icon(errorIcon)}<span
              >${[work.failure.message, work.failure.hint].filter((part) => part !== null).join(': ')}</span
            >
          </div>`
        : nothing
    }
    ${total === null ? nothing : renderTotal(total)}
    ${
      difference === null
        ? nothing
        : html`<p class="note quiet">${strings.differenceNote}</p>
            <ald-difference-map
              .difference=${difference}
              @ald-cell=${(event: CellEvent) => actions.showLayer(event.detail.column)}
            ></ald-difference-map>`
    }
    ${renderUncompared(comparison)}
  </section>`;
}

function renderTotal(total: NonNullable<ComparisonState['total']>): TemplateResult {
  if (total.changed === 0 && 0 < total.values) return html`<p role="status">${strings.equal}</p>`;
  const figure = (name: string, hint: string, value: number | null, format: (value: number) => string) =>
    html`<div title=${value === null ? hint : strings.exactly(String(value), hint)}>
      <dt>${name}</dt>
      <dd class="big">${value === null ? '–' : format(value)}</dd>
    </div>`;
  const { columnHints } = strings;
  return html`<dl class="facts">
    ${figure(strings.total.relativeL2, columnHints.relativeL2, total.relativeL2, formatDistance)}
    ${figure(strings.total.cosine, columnHints.cosine, total.cosine, formatCosine)}
    ${figure(strings.total.changed, columnHints.changed, total.changedShare, formatPercent)}
  </dl>`;
}

function renderUncompared({ uncompared }: ComparisonState): TemplateResult | typeof nothing {
  if (uncompared.length === 0) return nothing;
  const shown = uncompared.slice(0, mostUncompared);
  const rest = uncompared.length - shown.length;
  return html`<details class="fold">
    <summary>${strings.uncompared(uncompared.length.toLocaleString('en'))}</summary>
    <ul class="plain">
      ${shown.map(
        ({ name, reason, detail }) =>
          html`<li>
            <bdi class="mono">${name}</bdi> <span class="quiet">${strings.reasons[reason]}: ${detail}</span>
          </li>`,
      )}
      ${rest === 0 ? nothing : html`<li class="quiet">${strings.more(rest.toLocaleString('en'))}</li>`}
    </ul>
  </details>`;
}
