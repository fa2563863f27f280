import { css } from 'lit';

/** What every page and its parts share: the editor's type, colours and spacing. */
export const pageStyles = css`
  :host {
    display: block;
    box-sizing: border-box;
    font-family: var(--vscode-font-family);
    font-size: var(--vscode-font-size, 13px);
    font-weight: var(--vscode-font-weight, normal);
    line-height: 1.45;
    color: var(--vscode-foreground);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  h1 {
    font-size: 1.25em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1em;
    font-weight: 600;
  }
  h3 {
    font-size: 1em;
    font-weight: 600;
  }
  .quiet {
    color: var(--vscode-descriptionForeground);
  }
  .mono {
    font-family: var(--vscode-editor-font-family);
    font-size: 0.95em;
  }
  .flag {
    display: inline-flex;
    gap: 4px;
    align-items: baseline;
  }
  .flag .icon {
    align-self: center;
    color: var(--vscode-editorWarning-foreground);
  }
  .number {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .icon {
    flex: none;
    display: inline-flex;
    vertical-align: text-bottom;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .scroll {
    overflow: auto;
  }
  :focus-visible {
    outline: 1px solid var(--vscode-focusBorder);
    outline-offset: 2px;
  }
  button.link {
    font: inherit;
    color: var(--vscode-textLink-foreground);
    background: none;
    border: none;
    padding: 0;
    cursor: pointer;
    text-align: start;
  }
  button.link:hover {
    color: var(--vscode-textLink-activeForeground);
    text-decoration: underline;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  caption {
    text-align: start;
  }
  th {
    font-weight: normal;
    text-align: start;
    color: var(--vscode-descriptionForeground);
  }
  tbody th {
    color: inherit;
  }
  th,
  td {
    padding: 3px 0 3px 16px;
    white-space: nowrap;
    border-bottom: 1px solid color-mix(in srgb, var(--vscode-foreground) 14%, transparent);
  }
  th:first-child,
  td:first-child {
    padding-inline-start: 0;
  }
  td.value,
  th.value {
    text-align: end;
    font-variant-numeric: tabular-nums;
  }
`;
