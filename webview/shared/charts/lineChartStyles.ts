import { css } from 'lit';

export const lineChartStyles = css`
  svg.plot {
    width: calc(100% - 56px);
    height: var(--ald-chart-height, 180px);
    margin: 8px 12px 20px 44px;
  }
  svg.lines {
    overflow: visible;
  }
  polyline {
    fill: none;
    stroke-width: 1.6px;
    stroke-linejoin: round;
    vector-effect: non-scaling-stroke;
  }
  polyline.solid,
  line.solid {
    stroke: var(--ald-solid);
  }
  polyline.dashed,
  line.dashed {
    stroke: var(--ald-hatched);
    stroke-dasharray: 5 3;
  }
  polyline.reference,
  line.reference {
    stroke: var(--ald-zero);
    stroke-dasharray: 2 3;
    stroke-width: 1px;
  }
  line.solid,
  line.dashed {
    stroke-width: 1.6px;
  }
  .dot {
    fill: var(--vscode-editor-background);
    stroke-width: 1.5px;
  }
  .dot.solid {
    fill: var(--ald-solid);
    stroke: var(--ald-solid);
  }
  .dot.dashed {
    stroke: var(--ald-hatched);
  }
  .dot.reference {
    stroke: var(--ald-zero);
  }
  line.marker {
    stroke: var(--ald-zero);
    stroke-width: 1px;
  }
  line.whisker {
    stroke: var(--vscode-foreground);
    stroke-width: 1px;
  }
  .mark:focus-visible .lane,
  .mark.shown .lane {
    fill: var(--vscode-list-hoverBackground);
  }
  @media (forced-colors: active) {
    .dot {
      fill: Canvas;
      stroke: CanvasText;
    }
    .dot.solid {
      fill: CanvasText;
    }
  }
`;
