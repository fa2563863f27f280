import { css } from 'lit';

export const heatMapStyles = css`
  .map {
    display: grid;
    grid-template-columns: fit-content(30%) minmax(0, 1fr);
    column-gap: 10px;
    row-gap: 1px;
  }
  .strip {
    grid-column: 1 / -1;
    margin-block: 6px 2px;
    font-weight: 600;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .row {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
  }
  .name {
    text-align: end;
    font-size: 0.9em;
    line-height: 16px;
    color: var(--vscode-descriptionForeground);
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  svg.plot {
    display: block;
    width: 100%;
    overflow: visible;
  }
  .cell {
    fill: var(--ald-solid);
  }
  .cell,
  .below {
    stroke: color-mix(in srgb, var(--vscode-foreground) 22%, var(--vscode-editor-background));
    stroke-width: 1px;
  }
  .mark {
    cursor: default;
  }
  .mark:hover .lane {
    stroke: var(--vscode-foreground);
  }
  .mark:focus-visible .lane {
    stroke: var(--vscode-focusBorder);
    stroke-width: 2px;
  }
  .divider {
    stroke: var(--vscode-foreground);
    stroke-width: 1.5px;
    shape-rendering: crispEdges;
    pointer-events: none;
  }
  .marked {
    fill: none;
    stroke: var(--vscode-focusBorder);
    stroke-width: 1px;
    pointer-events: none;
  }
  .axis text {
    text-anchor: middle;
  }
  .axis .name {
    font-size: 0.85em;
  }
  .legend svg {
    overflow: visible;
  }
  @media (forced-colors: active) {
    .cell,
    .below {
      stroke: GrayText;
    }
    .divider {
      stroke: CanvasText;
    }
  }
`;
