import { css } from 'lit';

export const datasetStyles = css`
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
    .top {
      grid-template-columns: minmax(0, 1fr);
    }
    .top .actions {
      justify-content: flex-start;
    }
    .subset {
      margin-inline-start: 0;
    }
  }
`;
