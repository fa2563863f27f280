import { css } from 'lit';

export const ratioSlidersStyles = css`
  header,
  .tools {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 16px;
  }
  header {
    justify-content: space-between;
    min-height: 26px;
  }
  .note {
    color: var(--vscode-descriptionForeground);
    max-width: 90ch;
    margin-block-end: 8px;
    overflow-wrap: anywhere;
  }
  .hold {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    cursor: pointer;
  }
  .hold input {
    margin: 0;
    accent-color: var(--vscode-button-background);
  }
  ald-select {
    min-width: 9em;
  }
  .sliders {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr));
    gap: 4px 32px;
  }
  .block {
    display: grid;
    grid-template-columns: 7.5em minmax(0, 1fr) 100px;
    gap: 10px;
    align-items: center;
  }
  .name {
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    font-variant-numeric: tabular-nums;
  }
  input[type='range'] {
    appearance: none;
    width: 100%;
    height: 22px;
    margin: 0;
    background: none;
    cursor: pointer;
  }
  input[type='range']::-webkit-slider-runnable-track {
    height: 4px;
    border-radius: 2px;
    background: color-mix(in srgb, var(--vscode-foreground) 30%, transparent);
  }
  input[type='range']::-webkit-slider-thumb {
    appearance: none;
    width: 8px;
    height: 18px;
    margin-block-start: -7px;
    border-radius: 3px;
    background: var(--vscode-button-background);
    border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-background));
  }
  input[type='range']:hover::-webkit-slider-thumb {
    background: var(--vscode-button-hoverBackground);
  }
  input[type='range']:disabled {
    cursor: default;
    opacity: 0.5;
  }
  .problem {
    color: var(--vscode-errorForeground);
    margin-block-start: 6px;
  }
  .outside {
    margin-block-start: 6px;
    overflow-wrap: anywhere;
  }
  @media (forced-colors: active) {
    input[type='range'] {
      appearance: auto;
    }
  }
`;
