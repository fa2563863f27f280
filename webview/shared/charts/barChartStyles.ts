import { css } from 'lit';

/** Colours follow the theme through variables alone: blue solid marks pull one way, amber hatched ones the other. */
export const barChartStyles = css`
  :host {
    container-type: inline-size;
    position: relative;
    --ald-solid: var(--vscode-charts-blue);
    --ald-hatched: var(--vscode-charts-yellow);
    --ald-plain: color-mix(in srgb, var(--vscode-charts-foreground) 60%, var(--vscode-editor-background));
    --ald-grid: color-mix(in srgb, var(--vscode-charts-lines) 45%, transparent);
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
    gap: 2px;
  }
  .legend {
    display: flex;
    gap: 12px;
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
  .rows {
    display: grid;
    grid-template-columns: fit-content(45%) minmax(0, 1fr) max-content;
    column-gap: 12px;
  }
  .row {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
  }
  .row:hover {
    background: var(--vscode-list-hoverBackground);
  }
  .row.axis:hover {
    background: none;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: end;
  }
  .values {
    text-align: end;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .values span {
    display: block;
    line-height: 22px;
  }
  .double .values span {
    line-height: 15px;
  }
  svg.plot {
    display: block;
    width: 100%;
    overflow: visible;
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
    stroke: var(--vscode-foreground);
    stroke-opacity: 0.6;
    shape-rendering: crispEdges;
  }
  .axis text {
    fill: var(--vscode-descriptionForeground);
    font-size: 0.85em;
    font-variant-numeric: tabular-nums;
    text-anchor: middle;
  }
  .tooltip {
    position: absolute;
    z-index: 2;
    max-width: min(44ch, calc(100% - 16px));
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
  @container (max-width: 430px) {
    .rows {
      grid-template-columns: minmax(0, 1fr) max-content;
    }
    .name {
      grid-column: 1 / -1;
      text-align: start;
      padding-block-start: 4px;
    }
    .legend {
      order: 3;
      width: 100%;
    }
    .axis .name {
      display: none;
    }
    .axis text:nth-of-type(even) {
      display: none;
    }
  }
  @media (forced-colors: active) {
    :host {
      --ald-solid: CanvasText;
      --ald-hatched: CanvasText;
      --ald-plain: CanvasText;
      --ald-grid: color-mix(in srgb, CanvasText 30%, Canvas);
    }
    .zero {
      stroke: CanvasText;
    }
    .axis text {
      fill: CanvasText;
    }
    .mark:focus-visible .lane {
      stroke: Highlight;
    }
  }
`;
