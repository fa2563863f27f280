import { css } from 'lit';

export const trainingStyles = css`
  .note {
    max-width: 90ch;
    margin-block-end: 4px;
  }
  .scroll {
    position: relative;
  }
  .part > h2 {
    margin-block-end: 2px;
  }
  .inUse {
    margin-inline-start: 6px;
    padding: 1px 7px;
    font-size: 0.75em;
    font-weight: normal;
    vertical-align: middle;
    color: var(--vscode-badge-foreground);
    background: var(--vscode-badge-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 9px;
  }
  .stages {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 20px;
    margin: 14px 0 0;
    padding: 0;
    list-style: none;
  }
  .stages li {
    display: flex;
    align-items: center;
    gap: 5px;
    color: var(--vscode-descriptionForeground);
  }
  .stages li.now {
    color: var(--vscode-foreground);
    font-weight: 600;
  }
  .stages li.now .icon {
    color: var(--vscode-progressBar-background);
  }
  .warnings {
    margin-block-start: 14px;
    list-style: none;
    max-width: 100ch;
  }
  .warnings li {
    display: flex;
    gap: 8px;
    padding-block: 2px;
    overflow-wrap: anywhere;
  }
  .warnings .icon,
  .refused .icon {
    margin-block-start: 1px;
    color: var(--vscode-editorWarning-foreground);
  }
  .pair {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr));
    gap: 16px 40px;
    margin-block-start: 8px;
  }
  .pair.part {
    margin-block-start: 28px;
  }
  .pair > * {
    min-width: 0;
  }
  .narrow ald-bar-chart {
    max-width: 640px;
  }
  table.fit,
  table.data {
    width: auto;
  }
  .tables {
    display: flex;
    flex-wrap: wrap;
    gap: 0 64px;
  }
  table.figures {
    width: auto;
    min-width: min(100%, 760px);
  }
  td.strong {
    font-weight: 600;
  }
  .spread {
    padding-inline-start: 8px;
    font-size: 0.92em;
    font-variant-numeric: tabular-nums;
  }
  td.strong .flag {
    margin-inline-end: 4px;
    vertical-align: text-bottom;
  }
  th.plot,
  td.plot {
    width: 200px;
    min-width: 140px;
  }
  svg.dots {
    display: block;
  }
  .dots .base {
    stroke: color-mix(in srgb, var(--vscode-foreground) 25%, transparent);
  }
  .dots .range {
    stroke: var(--vscode-charts-blue);
    stroke-width: 3px;
    stroke-opacity: 0.45;
  }
  .dots .head {
    fill: var(--vscode-charts-blue);
    stroke: var(--vscode-editor-background);
  }
  .dots .length {
    fill: var(--vscode-editor-background);
    stroke: var(--vscode-foreground);
    stroke-width: 1.5px;
  }
  .dots .words {
    stroke: var(--vscode-foreground);
    stroke-width: 2px;
  }
  tr.total th,
  tr.total td {
    font-weight: 600;
  }
  table.data td,
  table.data tbody th {
    vertical-align: baseline;
  }
  td.wrap {
    white-space: normal;
    min-width: 12em;
    max-width: 40em;
    overflow-wrap: anywhere;
  }
  .file {
    display: block;
  }
  .refused {
    list-style: none;
  }
  .refused li {
    display: flex;
    align-items: baseline;
    gap: 6px;
  }
  .refused .icon {
    align-self: center;
  }
  .card {
    max-width: 92ch;
  }
  .card > * + * {
    margin-block-start: 8px;
  }
  .card h3,
  .card h4 {
    margin-block: 18px 4px;
  }
  .card .cardTitle {
    font-size: 1.15em;
  }
  .card h4 {
    font-size: 1em;
    font-weight: 600;
    color: var(--vscode-descriptionForeground);
  }
  .card ul,
  .card ol {
    padding-inline-start: 22px;
  }
  .card td,
  .card th {
    vertical-align: baseline;
    white-space: normal;
    overflow-wrap: break-word;
  }
  .card td.value,
  .card th.value {
    white-space: nowrap;
  }
  .card pre {
    margin: 8px 0 0;
    padding: 6px 10px;
    background: var(--vscode-textCodeBlock-background);
    border-radius: 3px;
  }
  .checkTitle {
    margin-block-start: 36px;
    padding-block-start: 16px;
    border-block-start: 1px solid color-mix(in srgb, var(--vscode-foreground) 14%, transparent);
  }
  @container (max-width: 560px) {
    .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .top .actions {
      justify-content: flex-start;
      margin-block: 4px;
    }
  }
  @media (forced-colors: active) {
    .dots .base,
    .dots .words,
    .dots .length,
    .dots .range {
      stroke: CanvasText;
    }
    .dots .head {
      fill: CanvasText;
    }
  }
`;
