import { css, html, LitElement, type TemplateResult } from 'lit';
import type { ChangeEvent, SelectOption } from './kit';
import { pageStyles } from './pageStyles';

/** `<ald-choice .label .options .value>`: one of a few, all in view, as the editor's tabs look; emits `ald-change`. */
export class AldChoice extends LitElement {
  static override properties = {
    label: { type: String },
    options: { attribute: false },
    value: { type: String },
  };

  static override styles = [
    pageStyles,
    css`
      :host {
        display: inline-flex;
      }
      div {
        display: flex;
        gap: 4px 14px;
      }
      button {
        font: inherit;
        color: var(--vscode-panelTitle-inactiveForeground, var(--vscode-foreground));
        background: none;
        border: none;
        border-block-end: 1px solid transparent;
        padding: 2px;
        cursor: pointer;
      }
      button:hover {
        color: var(--vscode-panelTitle-activeForeground, var(--vscode-foreground));
      }
      button[aria-checked='true'] {
        color: var(--vscode-panelTitle-activeForeground, var(--vscode-foreground));
        border-block-end-color: var(--vscode-panelTitle-activeBorder, currentColor);
      }
      @media (forced-colors: active) {
        button {
          border-block-end-color: Canvas;
        }
        button[aria-checked='true'] {
          border-block-end-color: Highlight;
        }
      }
    `,
  ];

  label = '';
  options: readonly SelectOption[] = [];
  value = '';

  protected override render(): TemplateResult {
    return html`<div role="radiogroup" aria-label=${this.label} @keydown=${this.keydown}>
      ${this.options.map(
        ({ value, label }) =>
          html`<button
            role="radio"
            aria-checked=${value === this.value ? 'true' : 'false'}
            tabindex=${value === this.value ? 0 : -1}
            data-value=${value}
            @click=${() => this.choose(value)}
          >
            ${label}
          </button>`,
      )}
    </div>`;
  }

  private choose(value: string): void {
    if (value === this.value) return;
    this.value = value;
    const event: ChangeEvent = new CustomEvent('ald-change', { detail: { value }, bubbles: true, composed: true });
    this.dispatchEvent(event);
  }

  private async keydown(event: KeyboardEvent): Promise<void> {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key] ?? 0;
    if (step === 0) return;
    event.preventDefault();
    const { options } = this;
    const index = options.findIndex(({ value }) => value === this.value);
    const next = options[(index + step + options.length) % options.length];
    if (next === undefined) return;
    this.choose(next.value);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
  }
}

customElements.define('ald-choice', AldChoice);
