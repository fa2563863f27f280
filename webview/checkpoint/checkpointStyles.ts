import { css } from 'lit';

export const checkpointStyles = css`
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 16px;
    min-height: 28px;
    margin-block-end: 6px;
  }
  .running .bar {
    display: block;
    min-height: 0;
    margin: 0;
  }
  .bar .tools {
    margin-inline-start: auto;
    display: inline-flex;
    align-items: center;
    gap: 4px;
  }
  .bar ald-field {
    flex: 0 1 36ch;
  }
  .note {
    max-width: 90ch;
    margin-block: 8px 4px;
  }
  .split {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(280px, 340px);
    gap: 12px 28px;
    align-items: start;
  }
  .details header {
    display: flex;
    gap: 6px;
    align-items: start;
    justify-content: space-between;
  }
  .details h2 {
    overflow-wrap: anywhere;
    padding-block-start: 3px;
  }
  .details p {
    overflow-wrap: anywhere;
  }
  .details .measuring,
  .details > ald-button {
    margin-block-start: 12px;
  }
  .measuring .running {
    margin-block-end: 8px;
  }
  .details ald-histogram {
    margin-block-start: 12px;
  }
  .figures {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(130px, 1fr));
    gap: 6px 16px;
    margin-block-start: 12px;
  }
  .plain {
    list-style: none;
    overflow-wrap: anywhere;
  }
  .fold > summary {
    cursor: pointer;
    width: fit-content;
  }
  .fold > summary h2 {
    display: inline;
  }
  .fold > :not(summary) {
    margin-block-start: 6px;
  }
  pre {
    max-height: 60vh;
    overflow: auto;
    padding: 8px 10px;
    background: var(--vscode-textCodeBlock-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 3px;
  }
  tbody th {
    vertical-align: top;
  }
  td.text {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    width: 100%;
  }
  @container (max-width: 900px) {
    .split {
      grid-template-columns: minmax(0, 1fr);
    }
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
