import { css } from 'lit';

/** Row height: 24 pixels, as in the table's own arithmetic. */
export const rowTableStyles = css`
  :host {
    container-type: inline-size;
    --width: 94ch;
  }
  .grid {
    position: relative;
    isolation: isolate;
    overflow: auto;
    max-height: min(58vh, 620px);
    min-height: 74px;
    border: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, transparent));
    border-radius: 3px;
  }
  .grid:focus-visible {
    outline-offset: -1px;
  }
  .head {
    position: sticky;
    top: 0;
    z-index: 1;
    min-width: var(--width);
    background: var(--vscode-editor-background);
    border-bottom: 1px solid color-mix(in srgb, var(--vscode-foreground) 22%, transparent);
  }
  .body {
    position: relative;
    min-width: var(--width);
  }
  [role='row'] {
    display: flex;
    height: 24px;
    align-items: center;
    padding-inline: 8px;
    min-width: 100%;
  }
  .row {
    position: absolute;
    inset-inline: 0;
    cursor: pointer;
  }
  .row:hover {
    background: var(--vscode-list-hoverBackground);
    outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .row.active {
    background: var(--vscode-list-inactiveSelectionBackground);
    outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
    outline-offset: -1px;
  }
  .grid:focus .row.active {
    color: var(--vscode-list-activeSelectionForeground);
    background: var(--vscode-list-activeSelectionBackground);
  }
  .grid:focus .row.active .link,
  .grid:focus .row.active .flag {
    color: inherit;
  }
  .cell {
    flex: 0 0 auto;
    min-width: 0;
    padding-inline-end: 14px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head .cell {
    color: var(--vscode-descriptionForeground);
  }
  .cell.value {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
  .col-row {
    flex: 1 1 14ch;
    min-width: 10ch;
    max-width: 28ch;
  }
  .col-line {
    width: 8ch;
  }
  .col-subset {
    flex: 0 1 17ch;
    min-width: 10ch;
  }
  .col-margin,
  .col-score,
  .col-best {
    width: 12ch;
  }
  .col-chosen,
  .col-rejected,
  .col-which {
    width: 11ch;
  }
  .col-tokens {
    width: 10ch;
  }
  .col-against {
    flex: 1 1 22ch;
    min-width: 12ch;
  }
  .col-prompt {
    flex: 2 1 24ch;
    min-width: 12ch;
  }
  .col-error {
    flex: 2 1 40ch;
    min-width: 20ch;
  }
  .col-why {
    width: 7ch;
    padding-inline-end: 0;
    text-align: end;
  }
  .flag {
    color: var(--vscode-editorWarning-foreground);
    margin-inline-end: 4px;
  }
  .flag .icon {
    width: 14px;
    height: 14px;
    vertical-align: -2px;
  }
  button.sort {
    font: inherit;
    color: inherit;
    background: none;
    border: none;
    padding: 0;
    cursor: pointer;
    display: inline-flex;
    align-items: center;
    gap: 2px;
  }
  button.sort:hover {
    color: var(--vscode-foreground);
    text-decoration: underline;
  }
  .foot {
    display: inline-block;
    margin-block-start: 4px;
  }
  .foot + .foot::before {
    content: '· ';
  }
  /* Beside an editor: first what can be had elsewhere goes. */
  @container (max-width: 720px) {
    .head,
    .body {
      --width: 74ch;
    }
    .col-line,
    .col-against {
      display: none;
    }
  }
  @container (max-width: 560px) {
    .head,
    .body {
      --width: 52ch;
    }
    .col-chosen,
    .col-rejected,
    .col-tokens {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .row.active {
      outline: 1px solid Highlight;
    }
  }
`;
