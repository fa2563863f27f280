import { css } from 'lit';

export const datasetStyles = css`
  :host {
    container-type: inline-size;
    min-height: 100vh;
    background: var(--vscode-editor-background);
  }
  main {
    padding: 12px 20px 40px;
    max-width: 1280px;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 4px 16px;
    align-items: start;
  }
  .top .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 6px;
  }
  .model {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0 8px;
    overflow-wrap: anywhere;
  }
  .model > :not(:last-child)::after {
    content: '·';
    margin-inline-start: 8px;
    color: var(--vscode-descriptionForeground);
  }
  .model > .flag:not(:last-child)::after {
    margin-inline-start: 4px;
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
  .state {
    margin-block-start: 14px;
  }
  .running {
    margin-block-start: 12px;
  }
  .running svg {
    display: block;
    margin-block-end: 6px;
    border-radius: 2px;
    overflow: hidden;
  }
  .running .track {
    fill: color-mix(in srgb, var(--vscode-foreground) 14%, transparent);
  }
  .running .done {
    fill: var(--vscode-progressBar-background);
  }
  .running .unknown .done {
    animation: slide 2s linear infinite;
  }
  @keyframes slide {
    from {
      transform: translateX(-20%);
    }
    to {
      transform: translateX(100%);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .running .unknown .done {
      animation: none;
    }
  }
  .banner {
    display: flex;
    gap: 8px;
    align-items: flex-start;
    margin-block-start: 12px;
    padding: 4px 10px;
    color: var(--vscode-inputValidation-infoForeground, var(--vscode-foreground));
    background: var(--vscode-inputValidation-infoBackground);
    border: 1px solid var(--vscode-inputValidation-infoBorder);
    border-radius: 3px;
    overflow-wrap: anywhere;
  }
  .banner .icon {
    margin-block-start: 1px;
  }
  .banner.error {
    color: var(--vscode-inputValidation-errorForeground, var(--vscode-foreground));
    background: var(--vscode-inputValidation-errorBackground);
    border-color: var(--vscode-inputValidation-errorBorder);
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 40px;
    margin-block: 18px 0;
  }
  .facts dt {
    color: var(--vscode-descriptionForeground);
  }
  .facts .big {
    font-size: 1.5em;
    line-height: 1.35;
    font-variant-numeric: tabular-nums;
  }
  .facts dd {
    font-variant-numeric: tabular-nums;
  }
  .part {
    margin-block-start: 24px;
  }
  .note {
    max-width: 90ch;
  }
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
  .tabs {
    display: flex;
    gap: 4px 18px;
    flex-wrap: wrap;
  }
  .tabs button {
    font: inherit;
    color: var(--vscode-panelTitle-inactiveForeground, var(--vscode-foreground));
    background: none;
    border: none;
    border-block-end: 1px solid transparent;
    padding: 3px 2px;
    cursor: pointer;
  }
  .tabs button:hover {
    color: var(--vscode-panelTitle-activeForeground, var(--vscode-foreground));
  }
  .tabs button[aria-selected='true'] {
    color: var(--vscode-panelTitle-activeForeground, var(--vscode-foreground));
    border-block-end-color: var(--vscode-panelTitle-activeBorder, currentColor);
  }
  .tabs .count {
    padding: 1px 5px;
    margin-inline-start: 2px;
    font-size: 0.85em;
    font-variant-numeric: tabular-nums;
    color: var(--vscode-badge-foreground);
    background: var(--vscode-badge-background);
    border: 1px solid var(--vscode-contrastBorder, transparent);
    border-radius: 9px;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    padding-inline-start: 8px;
    border: 1px solid color-mix(in srgb, var(--vscode-foreground) 30%, transparent);
    border-radius: 12px;
    font-variant-numeric: tabular-nums;
  }
  .subset {
    width: 16em;
    margin-inline-start: auto;
  }
  .multiples {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
    gap: 18px 32px;
    margin-block-start: 8px;
  }
  .figures {
    font-size: 0.92em;
  }
  table.subsets {
    width: auto;
  }
  @container (max-width: 560px) {
    main {
      padding-inline: 12px;
    }
    .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .top .actions {
      justify-content: flex-start;
    }
    .facts {
      gap: 12px 24px;
    }
    .subset {
      margin-inline-start: 0;
    }
  }
  .status {
    position: fixed;
    inset-block-end: 12px;
    inset-inline-end: 16px;
    z-index: 5;
    max-width: min(60ch, calc(100vw - 32px));
  }
  .status p {
    padding: 4px 10px;
    overflow-wrap: anywhere;
    color: var(--vscode-editorWidget-foreground);
    background: var(--vscode-editorWidget-background);
    border: 1px solid var(--vscode-editorWidget-border, var(--vscode-contrastBorder));
    border-radius: 3px;
    box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
  }
`;
