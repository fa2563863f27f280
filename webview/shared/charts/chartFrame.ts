import { css, html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { copyIcon, icon, tableIcon } from '../icon';
import '../kit';
import { AfterFirstFrame } from '../afterFirstFrame';
import { sharedStrings } from '../strings';
import { renderDataTable, tableAsText, type DataTable } from './dataTable';

/** An element that shows a chart; copies go out as events. */
type ChartHost = ReactiveControllerHost & HTMLElement;

export interface ChartFrameParams {
  readonly heading: string;
  /** Explains the heading on hover. */
  readonly hint?: string;
  /** Stands under the heading. */
  readonly note?: string;
  /** A small chart among others: a quiet heading, no controls. */
  readonly small?: boolean;
  readonly legend?: TemplateResult | typeof nothing;
  /** Further controls, before that of the table. */
  readonly actions?: TemplateResult | typeof nothing;
  readonly table: DataTable;
  readonly renderChart: () => TemplateResult;
}

/**
 * What stands around every chart: heading, note, legend, and the data table with the exact values that is behind the
 * chart for screen readers and is shown in its place on request. Emits `ald-copy` with `{text}` (tab-separated).
 */
export class ChartFrame implements ReactiveController {
  #asTable = false;
  readonly #tableBehind: AfterFirstFrame;

  constructor(
    private readonly host: ChartHost,
    private readonly onToggle: () => void,
  ) {
    host.addController(this);
    this.#tableBehind = new AfterFirstFrame(host);
  }

  hostConnected(): void {}

  render(params: ChartFrameParams): TemplateResult {
    const { heading, hint = '', note = '', small = false, legend = nothing, table } = params;
    return html`<header>
        ${
          small
            ? html`<h3 title=${hint || nothing}><bdi>${heading}</bdi></h3>`
            : html`<h2 title=${hint || nothing}><bdi>${heading}</bdi></h2>`
        }
        ${this.#asTable || small ? nothing : legend} ${small ? nothing : this.#renderActions(params)}
      </header>
      ${note === '' ? nothing : html`<p class="note">${note}</p>`}
      ${
        this.#asTable
          ? html`<div class="scroll" tabindex="0" role="region" aria-label=${heading}>${renderDataTable(table)}</div>`
          : html`${params.renderChart()} ${this.#renderTableBehind(table)}`
      }`;
  }

  #renderTableBehind(table: DataTable): TemplateResult | typeof nothing {
    if (this.#tableBehind.isReached) return html`<div class="hidden">${renderDataTable(table)}</div>`;
    this.#tableBehind.await();
    return nothing;
  }

  #renderActions({ actions = nothing, table }: ChartFrameParams): TemplateResult {
    return html`<div class="actions">
      ${actions}
      ${
        this.#asTable
          ? html`<ald-button kind="icon" .label=${sharedStrings.copyTable} @click=${() => this.#copy(table)}
              >${icon(copyIcon)}</ald-button
            >`
          : nothing
      }
      <ald-button
        kind="icon"
        .label=${sharedStrings.showTable}
        .pressed=${this.#asTable}
        @click=${() => {
          this.#asTable = !this.#asTable;
          this.onToggle();
          this.host.requestUpdate();
        }}
        >${icon(tableIcon)}</ald-button
      >
    </div>`;
  }

  #copy(table: DataTable): void {
    const detail = { text: tableAsText(table) };
    this.host.dispatchEvent(new CustomEvent('ald-copy', { detail, bubbles: true, composed: true }));
  }
}

export type CopyEvent = CustomEvent<{ readonly text: string }>;

/** Colours follow the theme through variables alone: blue solid marks pull one way, amber hatched ones the other. */
export const chartFrameStyles = css`
  :host {
    position: relative;
    --ald-solid: var(--vscode-charts-blue);
    --ald-hatched: var(--vscode-charts-yellow);
    --ald-plain: color-mix(in srgb, var(--vscode-charts-foreground) 60%, var(--vscode-editor-background));
    --ald-grid: color-mix(in srgb, var(--vscode-charts-lines) 45%, transparent);
    --ald-zero: color-mix(in srgb, var(--vscode-foreground) 60%, transparent);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 16px;
    min-height: 26px;
  }
  header .actions {
    margin-inline-start: auto;
    display: flex;
    align-items: center;
    gap: 2px;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    color: var(--vscode-descriptionForeground);
  }
  .legend span {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .note {
    color: var(--vscode-descriptionForeground);
    max-width: 70ch;
    margin-block-end: 8px;
  }
  .lane {
    fill: transparent;
    stroke: none;
  }
  .mark {
    outline: none;
  }
  .mark:focus-visible .lane {
    stroke: var(--vscode-focusBorder);
    stroke-width: 1px;
  }
  .bar.solid {
    fill: var(--ald-solid);
    stroke: var(--vscode-contrastBorder, var(--ald-solid));
  }
  .bar.plain {
    fill: var(--ald-plain);
    stroke: var(--vscode-contrastBorder, var(--ald-plain));
  }
  .bar.hatched {
    stroke: var(--ald-hatched);
    stroke-width: 1px;
  }
  .bar.hollow {
    fill: transparent;
    stroke: var(--vscode-foreground);
  }
  .hatch-ground {
    fill: var(--ald-hatched);
    fill-opacity: 0.25;
  }
  .hatch-line {
    stroke: var(--ald-hatched);
    stroke-width: 2.5px;
  }
  .tick {
    stroke: var(--ald-grid);
    shape-rendering: crispEdges;
  }
  .zero {
    stroke: var(--ald-zero);
    shape-rendering: crispEdges;
  }
  .axis text {
    fill: var(--vscode-descriptionForeground);
    font-size: 0.85em;
    font-variant-numeric: tabular-nums;
  }
  .tooltip {
    position: absolute;
    z-index: 4;
    width: max-content;
    max-width: min(44ch, 100%);
    padding: 6px 10px;
    color: var(--vscode-editorHoverWidget-foreground);
    background: var(--vscode-editorHoverWidget-background);
    border: 1px solid var(--vscode-editorHoverWidget-border);
    border-radius: 3px;
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
    overflow-wrap: anywhere;
    pointer-events: none;
  }
  .tooltip p + p {
    margin-block-start: 2px;
  }
  .tooltip .raw {
    font-family: var(--vscode-editor-font-family);
  }
  @media (forced-colors: active) {
    :host {
      --ald-solid: CanvasText;
      --ald-hatched: CanvasText;
      --ald-plain: CanvasText;
      --ald-grid: color-mix(in srgb, CanvasText 30%, Canvas);
      --ald-zero: CanvasText;
    }
    .axis text {
      fill: CanvasText;
    }
    .mark:focus-visible .lane {
      stroke: Highlight;
    }
  }
`;
