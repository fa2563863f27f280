import { css } from 'lit';

/** What the pages share besides `pageStyles`: the sheet, the head of the page, the bar of a run, banners, and the passing word. */
export const pageLayout = css`
  :host {
    container-type: inline-size;
    min-height: 100vh;
    background: var(--vscode-editor-background);
  }
  main {
    position: relative;
    padding: 12px 20px 40px;
    max-width: 1280px;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 2px 16px;
    align-items: start;
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
  .top .actions {
    display: flex;
    flex-wrap: wrap;
    justify-content: flex-end;
    gap: 4px;
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
  .part {
    margin-block-start: 28px;
  }
  .facts {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 40px;
    margin-block: 18px 0;
  }
  .facts dt {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--vscode-descriptionForeground);
  }
  .facts .big {
    font-size: 1.6em;
    line-height: 1.35;
  }
  .facts dd {
    font-variant-numeric: tabular-nums;
  }
  @container (max-width: 560px) {
    main {
      padding-inline: 12px;
    }
    .facts {
      gap: 12px 24px;
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
