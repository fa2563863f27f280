import { css } from 'lit';

/**
 * A table of however many rows (`VirtualRows`): a sticky head, rows of 24 pixels placed in a body, sort buttons in the
 * head. `--width` is the least width of a row.
 */
export const virtualRowStyles = css`
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
  @media (forced-colors: active) {
    .row.active {
      outline: 1px solid Highlight;
    }
  }
`;
