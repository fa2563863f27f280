import { css } from 'lit';

export const histogramStyles = css`
  header h3 {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  :host([small]) header {
    min-height: 0;
  }
  :host([small]) h3 {
    font-weight: normal;
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
  .mark:hover .lane {
    fill: var(--vscode-list-hoverBackground);
  }
  .mark.selected .lane {
    fill: var(--vscode-list-inactiveSelectionBackground);
    stroke: var(--vscode-contrastActiveBorder, none);
  }
  .mark.dimmed .bar {
    opacity: 0.4;
  }
  .base {
    stroke: var(--vscode-foreground);
    stroke-opacity: 0.6;
    shape-rendering: crispEdges;
    pointer-events: none;
  }
  .zero {
    pointer-events: none;
  }
  .note {
    max-width: 90ch;
    margin-block-end: 4px;
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
  .axis text.middle {
    text-anchor: middle;
  }
  .axis text.end {
    text-anchor: end;
  }
  @media (forced-colors: active) {
    .base,
    .mean {
      stroke: CanvasText;
    }
  }
`;
