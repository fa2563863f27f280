import { css } from 'lit';

export const scatterStyles = css`
  svg.plot {
    width: calc(100% - 64px);
    height: 220px;
    margin: 8px 12px 20px 52px;
  }
  .point {
    fill: var(--vscode-editor-background);
    stroke: var(--ald-plain);
    stroke-width: 1.5px;
  }
  .point.front {
    fill: var(--ald-solid);
    stroke: var(--vscode-contrastBorder, var(--ald-solid));
  }
  .ring {
    fill: none;
    stroke: var(--vscode-foreground);
    stroke-width: 1.5px;
  }
  .front-line {
    stroke: var(--ald-solid);
    stroke-width: 1.5px;
    stroke-opacity: 0.7;
    pointer-events: none;
  }
  .mark {
    cursor: pointer;
  }
  .mark:hover .lane {
    fill: var(--vscode-list-hoverBackground);
  }
`;
