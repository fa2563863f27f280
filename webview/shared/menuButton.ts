import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { icon } from './icon';
import type { AldButton, ChangeEvent, SelectOption } from './kit';
import './kit';
import { pageStyles } from './pageStyles';

/** `<ald-menu-button .label .picture .options>`: a picture that opens a menu; emits `ald-change` with what was chosen. */
export class AldMenuButton extends LitElement {
  static override properties = {
    label: { type: String },
    picture: { attribute: false },
    options: { attribute: false },
    open: { state: true },
  };

  static override styles = [
    pageStyles,
    css`
      :host {
        position: relative;
        display: inline-flex;
      }
      [role='menu'] {
        position: absolute;
        inset-block-start: calc(100% + 2px);
        inset-inline-end: 0;
        z-index: 6;
        padding: 4px;
        color: var(--vscode-menu-foreground);
        background: var(--vscode-menu-background);
        border: 1px solid var(--vscode-menu-border, var(--vscode-contrastBorder, transparent));
        border-radius: 5px;
        box-shadow: 0 2px 8px var(--vscode-widget-shadow, transparent);
      }
      [role='menuitem'] {
        display: block;
        width: 100%;
        padding: 3px 20px 3px 12px;
        font: inherit;
        color: inherit;
        background: none;
        border: 1px solid transparent;
        border-radius: 3px;
        text-align: start;
        white-space: nowrap;
        cursor: pointer;
      }
      [role='menuitem']:hover,
      [role='menuitem']:focus {
        color: var(--vscode-menu-selectionForeground);
        background: var(--vscode-menu-selectionBackground);
        border-color: var(--vscode-menu-selectionBorder, transparent);
        outline: none;
      }
    `,
  ];

  label = '';
  /** SVG text. */
  picture = '';
  options: readonly SelectOption[] = [];
  private open = false;

  protected override render(): TemplateResult {
    return html`<ald-button
        kind="icon"
        .label=${this.label}
        .expanded=${this.open}
        @click=${() => void (this.open ? this.close() : this.show())}
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== 'ArrowDown') return;
          event.preventDefault();
          void this.show();
        }}
        >${icon(this.picture)}</ald-button
      >${
        this.open
          ? html`<div role="menu" aria-label=${this.label} @keydown=${this.keydown} @focusout=${this.left}>
              ${this.options.map(
                ({ value, label }) =>
                  html`<button role="menuitem" tabindex="-1" @click=${() => this.choose(value)}>${label}</button>`,
              )}
            </div>`
          : nothing
      }`;
  }

  private async show(): Promise<void> {
    this.open = true;
    await this.updateComplete;
    this.items()[0]?.focus();
  }

  private close(): void {
    this.open = false;
    this.renderRoot.querySelector<AldButton>('ald-button')?.focus();
  }

  private choose(value: string): void {
    this.close();
    const event: ChangeEvent = new CustomEvent('ald-change', { detail: { value }, bubbles: true, composed: true });
    this.dispatchEvent(event);
  }

  private items(): readonly HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  }

  private readonly left = ({ relatedTarget }: FocusEvent): void => {
    if (!(relatedTarget instanceof Node && this.renderRoot.contains(relatedTarget))) this.open = false;
  };

  private keydown(event: KeyboardEvent): void {
    if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') event.preventDefault();
      this.close();
      return;
    }
    const items = this.items();
    const at = items.findIndex((item) => item.matches(':focus'));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    items[(next + items.length) % items.length]?.focus();
  }
}

customElements.define('ald-menu-button', AldMenuButton);
