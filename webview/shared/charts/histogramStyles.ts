import { css } from 'lit';

/** As in the bar chart: blue solid marks pull one way, amber hatched ones the other. */
export const histogramStyles = css`
  :host {
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
  header h3 {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  header .actions {
    margin-inline-start: auto;
    display: flex;
    gap: 2px;
  }
  :host([small]) header {
    min-height: 0;
  }
  :host([small]) h3 {
    font-weight: normal;
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
  .legend i {
    width: 12px;
    height: 8px;
    border: 1px solid var(--ald-solid);
    background: var(--ald-solid);
  }
  .legend i.hatched {
    border-color: var(--ald-hatched);
    background: repeating-linear-gradient(
      135deg,
      var(--ald-hatched) 0 2px,
      color-mix(in srgb, var(--ald-hatched) 25%, transparent) 2px 4px
    );
  }
  .legend i.plain {
    border-color: var(--ald-plain);
    background: var(--ald-plain);
  }
  .note {
    color: var(--vscode-descriptionForeground);
    max-width: 90ch;
    margin-block-end: 4px;
  }
  .plot {
    height: 130px;
  }
  :host([small]) .plot {
    height: 64px;
  }
  :host([small]) .plot.mirrored {
    height: 84px;
  }
  .plot svg {
    display: block;
    width: 100%;
    height: 100%;
    overflow: visible;
  }
  .lane {
    fill: transparent;
    stroke: none;
  }
  .mark {
    outline: none;
  }
  .mark:hover .lane {
    fill: var(--vscode-list-hoverBackground);
  }
  .mark:focus-visible .lane {
    stroke: var(--vscode-focusBorder);
    stroke-width: 1px;
  }
  .mark.selected .lane {
    fill: var(--vscode-list-inactiveSelectionBackground);
    stroke: var(--vscode-contrastActiveBorder, none);
  }
  .mark.dimmed .bar {
    opacity: 0.4;
  }
  .bar.solid {
    fill: var(--ald-solid);
  }
  .bar.plain {
    fill: var(--ald-plain);
  }
  .bar.hatched {
    stroke: var(--ald-hatched);
    stroke-width: 1px;
  }
  .hatch-ground {
    fill: var(--ald-hatched);
    fill-opacity: 0.25;
  }
  .hatch-line {
    stroke: var(--ald-hatched);
    stroke-width: 2.5px;
  }
  .base {
    stroke: var(--vscode-foreground);
    stroke-opacity: 0.6;
    shape-rendering: crispEdges;
    pointer-events: none;
  }
  .zero {
    stroke: var(--vscode-foreground);
    stroke-opacity: 0.6;
    shape-rendering: crispEdges;
    pointer-events: none;
  }
  .mean {
    stroke: var(--vscode-foreground);
    stroke-width: 1.5px;
    stroke-dasharray: 3 2;
    pointer-events: none;
  }
  svg.axis {
    display: block;
    width: 100%;
    overflow: visible;
  }
  .axis text {
    fill: var(--vscode-descriptionForeground);
    font-size: 0.85em;
    font-variant-numeric: tabular-nums;
  }
  .axis text.middle {
    text-anchor: middle;
  }
  .axis text.end {
    text-anchor: end;
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
    pointer-events: none;
  }
  @media (forced-colors: active) {
    :host {
      --ald-solid: CanvasText;
      --ald-hatched: CanvasText;
      --ald-plain: CanvasText;
      --ald-grid: color-mix(in srgb, CanvasText 30%, Canvas);
    }
    .base,
    .zero,
    .mean {
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
