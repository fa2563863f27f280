import { css } from 'lit';

export const comparisonStyles = css`
  .versions {
    grid-column: 1 / -1;
    list-style: none;
    display: grid;
    grid-template-columns: minmax(0, max-content) minmax(0, 1fr);
    gap: 0 12px;
    margin-block: 2px 4px;
  }
  .versions li {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
    align-items: baseline;
  }
  .versions .link,
  .versions .detail {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .banner.warning {
    color: var(--vscode-inputValidation-warningForeground, var(--vscode-foreground));
    background: var(--vscode-inputValidation-warningBackground);
    border-color: var(--vscode-inputValidation-warningBorder);
  }
  .notes {
    list-style: none;
    margin-block-start: 10px;
    color: var(--vscode-descriptionForeground);
  }
  .notes li,
  .remark,
  .problem {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    overflow-wrap: anywhere;
  }
  .notes .icon,
  .remark .icon,
  .problem .icon {
    margin-block-start: 1px;
  }
  .problem .icon {
    color: var(--vscode-errorForeground);
  }
  .verdict {
    margin-block-start: 22px;
  }
  .verdict h2 {
    font-size: 1.6em;
    font-weight: 400;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  .basis {
    max-width: 90ch;
  }
  .remark {
    margin-block-start: 4px;
  }
  .cause {
    margin-block-start: 10px;
  }
  .charts {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 28px 48px;
    margin-block-start: 28px;
    max-width: 760px;
  }
  .charts.two {
    max-width: none;
  }
  @container (min-width: 900px) {
    .charts.two {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    }
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 4px 16px;
    min-height: 28px;
  }
  .whole {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    cursor: pointer;
  }
  .whole input {
    margin: 0;
    accent-color: var(--vscode-button-background);
  }
  .scroll {
    position: relative;
  }
  table.inputs th[scope='row'] {
    width: 40%;
    max-width: 0;
    min-width: 11em;
  }
  table.inputs thead th {
    max-width: 14em;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .expander {
    display: flex;
    gap: 4px;
    align-items: center;
    width: 100%;
    padding: 1px 0;
    font: inherit;
    color: inherit;
    background: none;
    border: none;
    cursor: pointer;
    text-align: start;
  }
  .expander .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody tr:not(.answers):hover {
    background: var(--vscode-list-hoverBackground);
  }
  tr.open > * {
    border-block-end-color: transparent;
  }
  td.tools {
    width: 1px;
    padding-block: 0;
  }
  tr.answers > td {
    padding: 4px 0 16px;
    white-space: normal;
  }
  /* Stays in view where the table is wider than the window. */
  .opened {
    position: sticky;
    inset-inline-start: 0;
    width: min(100cqw - 40px, 1240px);
    padding-inline-start: 20px;
  }
  .inputValues {
    display: grid;
    grid-template-columns: minmax(0, max-content) minmax(0, 1fr);
    gap: 0 12px;
    margin-block-end: 10px;
  }
  .inputValues > div {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
  }
  .inputValues dt {
    color: var(--vscode-descriptionForeground);
    overflow-wrap: anywhere;
  }
  .inputValues dd {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    max-height: 6em;
    overflow: hidden;
  }
  .whole .inputValues dd {
    max-height: none;
  }
  .sides {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
    gap: 12px 32px;
  }
  .sides ol {
    list-style: none;
    margin: 4px 0 0;
    padding: 0;
    display: grid;
    gap: 10px;
  }
  .about {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 10px;
  }
  .text {
    margin-block-start: 2px;
    padding-inline-start: 10px;
    border-inline-start: 2px solid color-mix(in srgb, var(--vscode-foreground) 20%, transparent);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    overflow: hidden;
    display: -webkit-box;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 5;
  }
  .whole .text {
    display: block;
  }
  @container (max-width: 860px) {
    table.inputs .best {
      display: none;
    }
  }
  @container (max-width: 640px) {
    .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .top .actions {
      justify-content: flex-start;
    }
    .sides {
      grid-template-columns: minmax(0, 1fr);
    }
    table.inputs th,
    table.inputs tr:not(.answers) td {
      padding-inline-start: 10px;
    }
    table.inputs th:first-child {
      padding-inline-start: 0;
      min-width: 8em;
    }
  }
  @container (max-width: 560px) {
    .opened {
      width: calc(100cqw - 24px);
      padding-inline-start: 0;
    }
  }
`;
