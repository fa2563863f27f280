import { css } from 'lit';

export const mergePreviewStyles = css`
  .top h1 .link {
    font-weight: inherit;
    color: inherit;
    overflow-wrap: anywhere;
  }
  .problems {
    list-style: none;
    margin-block-start: 10px;
    max-height: 11em;
    overflow: auto;
  }
  .problems li {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    padding-block: 1px;
  }
  .problems .icon {
    margin-block-start: 1px;
  }
  .problems .link {
    color: inherit;
    overflow-wrap: anywhere;
  }
  .problems .error .icon {
    color: var(--vscode-errorForeground);
  }
  .problems .warning .icon,
  .dropped .icon {
    color: var(--vscode-editorWarning-foreground);
  }
  .map {
    margin-block-start: 14px;
  }
  ald-ratios {
    margin-block-start: 18px;
  }
  .dropped {
    margin-block-start: 12px;
  }
  .dropped summary {
    cursor: pointer;
    width: fit-content;
  }
  .dropped summary .icon {
    margin-inline-end: 6px;
  }
  .dropped ul {
    list-style: none;
    padding-inline-start: 20px;
    display: grid;
    gap: 6px;
    margin-block-start: 6px;
  }
  .dropped li {
    display: grid;
    overflow-wrap: anywhere;
  }
  .bar,
  .bar .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
  }
  .bar {
    justify-content: space-between;
    min-height: 28px;
  }
  .follows {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    cursor: pointer;
  }
  .follows input {
    margin: 0;
    accent-color: var(--vscode-button-background);
  }
  .note {
    color: var(--vscode-descriptionForeground);
    max-width: 90ch;
    margin-block-end: 8px;
  }
  .inputs {
    display: grid;
    grid-template-columns: minmax(0, max-content) minmax(0, 1fr);
    gap: 2px 16px;
  }
  .inputs > div {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: center;
    min-height: 26px;
  }
  .inputs dt {
    color: var(--vscode-descriptionForeground);
  }
  .inputs dd {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 10px;
    overflow-wrap: anywhere;
  }
  .plane {
    margin-block-start: 18px;
    max-width: 760px;
  }
  @container (max-width: 560px) {
    .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .top .actions {
      justify-content: flex-start;
    }
  }
`;
