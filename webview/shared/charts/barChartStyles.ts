import { css } from 'lit';

export const barChartStyles = css`
  :host {
    container-type: inline-size;
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
  .name .icon {
    margin-inline-end: 2px;
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
  .group {
    cursor: pointer;
  }
  .total .name,
  .total .values {
    font-weight: 600;
  }
  .connector {
    stroke: var(--vscode-descriptionForeground);
    shape-rendering: crispEdges;
  }
  .point {
    stroke: var(--vscode-foreground);
    stroke-width: 3px;
  }
  .whisker {
    stroke: var(--vscode-foreground);
    stroke-width: 1px;
    shape-rendering: crispEdges;
  }
  svg.plot {
    display: block;
    width: 100%;
    overflow: visible;
  }
  .row:not(.axis) .plot {
    background: var(--ald-lines);
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
  .axis text {
    text-anchor: middle;
  }
`;
