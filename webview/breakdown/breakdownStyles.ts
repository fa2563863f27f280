import { css } from 'lit';

export const breakdownStyles = css`
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 12px;
  }
  .facts .details {
    display: flex;
    gap: 4px 10px;
    flex-wrap: wrap;
  }
  .columns {
    display: grid;
    gap: 24px 48px;
    align-items: start;
  }
  .columns > div {
    display: grid;
    gap: 24px;
    min-width: 0;
  }
  .columns > div:not(:has(*)) {
    display: none;
  }
  .part > h2 {
    margin-block-end: 4px;
  }
  table.objectives {
    border-collapse: separate;
    border-spacing: 0;
    width: auto;
    min-width: 100%;
  }
  table.objectives th.group {
    border-bottom: none;
    padding-block-end: 0;
    text-align: center;
  }
  table.objectives thead th {
    vertical-align: bottom;
  }
  table.objectives tfoot th,
  table.objectives tfoot td {
    font-weight: 600;
    border-bottom: none;
    color: inherit;
  }
  table.objectives th:first-child[scope='row'] {
    position: sticky;
    left: 0;
    background: var(--vscode-editor-background);
    max-width: 22em;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .facts {
    margin-block-end: 22px;
  }
  .rating {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    font-size: 0.92em;
    font-variant-numeric: tabular-nums;
  }
  .rating > .quiet {
    min-width: 1.6ch;
  }
  .rating > .quiet:first-child {
    text-align: end;
  }
  .rail {
    stroke: color-mix(in srgb, var(--vscode-foreground) 40%, transparent);
    shape-rendering: crispEdges;
  }
  .rated {
    stroke: var(--vscode-editor-background);
  }
  .rated.solid {
    fill: var(--vscode-charts-blue);
  }
  .rated.hatched {
    fill: var(--vscode-charts-yellow);
  }
  .rated.plain {
    fill: var(--vscode-descriptionForeground);
  }
  .rated.hollow {
    fill: var(--vscode-editor-background);
    stroke: var(--vscode-foreground);
  }
  @media (forced-colors: active) {
    .rail {
      stroke: CanvasText;
    }
    .rated.solid,
    .rated.hatched,
    .rated.plain {
      fill: CanvasText;
    }
    .rated.hollow {
      fill: Canvas;
      stroke: CanvasText;
    }
  }
  .texts {
    display: grid;
    gap: 20px 48px;
    margin-block-start: 10px;
  }
  .texts article {
    min-width: 0;
  }
  .texts header {
    display: flex;
    align-items: center;
    gap: 4px 12px;
    flex-wrap: wrap;
    min-height: 26px;
  }
  .texts header ald-button {
    margin-inline-start: auto;
  }
  pre {
    margin: 4px 0 0;
    padding: 10px 12px;
    max-height: 26em;
    overflow: auto;
    font-family: var(--vscode-editor-font-family);
    font-size: var(--vscode-editor-font-size, 13px);
    line-height: 1.5;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
    color: var(--vscode-editor-foreground);
    background: var(--vscode-textCodeBlock-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 3px;
  }
  pre .special,
  pre .control {
    padding: 0 3px;
    border: 1px solid color-mix(in srgb, currentColor 45%, transparent);
    border-radius: 3px;
    font-size: 0.9em;
    color: var(--vscode-descriptionForeground);
    unicode-bidi: isolate;
    display: inline-block;
    max-width: 100%;
    line-height: 1.25;
    margin-inline: 1px;
  }
  pre .mark,
  pre .cut {
    display: block;
    font-family: var(--vscode-font-family);
    font-size: 0.85em;
    color: var(--vscode-descriptionForeground);
    user-select: none;
  }
  pre .mark:not(:first-child) {
    margin-block-start: 8px;
    padding-block-start: 6px;
    border-block-start: 1px solid color-mix(in srgb, var(--vscode-foreground) 14%, transparent);
  }
  pre .cut .icon {
    margin-inline-end: 4px;
  }
  ald-choice {
    margin-inline-end: 10px;
  }
  pre .cut {
    color: inherit;
  }
  pre .control {
    color: inherit;
    border-style: dashed;
  }
  .message {
    max-width: 60ch;
    padding-block: 12px;
  }
  .message h1 {
    display: flex;
    gap: 8px;
    align-items: flex-start;
    font-size: 1em;
  }
  .message h1 .icon {
    color: var(--vscode-errorForeground);
    margin-block-start: 2px;
  }
  .message p {
    margin-block-start: 8px;
    overflow-wrap: anywhere;
  }
  .message .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block-start: 16px;
  }
  .progress {
    position: absolute;
    inset: 0 0 auto;
    height: 2px;
    overflow: hidden;
  }
  .progress::before {
    content: '';
    position: absolute;
    inset-block: 0;
    width: 20%;
    background: var(--vscode-progressBar-background);
    animation: slide 2s linear infinite;
  }
  @keyframes slide {
    from {
      left: -20%;
    }
    to {
      left: 100%;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .progress::before {
      animation: none;
      width: 100%;
    }
  }
  .previous {
    opacity: 0.45;
  }
  @container (min-width: 860px) {
    .columns.two,
    .texts.two {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
`;
