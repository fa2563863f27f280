import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';

// The only importer of the toolkit. Pages use the ald-… elements below, so another kit needs changes in this file alone.

const parts = {
  button: () => [vsCodeButton()],
  select: () => [vsCodeDropdown(), vsCodeOption()],
  field: () => [vsCodeTextField()],
};
const defined = new Set<keyof typeof parts>();

/**
 * Defines a control of the toolkit when the first one is made: a page does not wait for those that it does not show.
 * The prefix keeps two kits' elements apart should they ever meet in one page.
 */
function define(part: keyof typeof parts): void {
  if (defined.has(part)) return;
  defined.add(part);
  provideVSCodeDesignSystem()
    .withPrefix('tk')
    .register(...parts[part]());
}

/** What every control of the kit emits, as `ald-change`, when the user has changed its value. */
export type ChangeEvent = CustomEvent<{ readonly value: string }>;

function emitChange(element: LitElement, value: string): void {
  element.dispatchEvent(new CustomEvent('ald-change', { detail: { value }, bubbles: true, composed: true }));
}

/** `<ald-button kind="primary | secondary | icon" label pressed disabled>`: listen to `click`. */
export class AldButton extends LitElement {
  static override properties = {
    kind: { type: String },
    label: { type: String },
    pressed: { attribute: false },
    expanded: { attribute: false },
    disabled: { type: Boolean },
  };

  static override styles = css`
    :host {
      display: inline-flex;
    }
    tk-button {
      flex: auto;
      white-space: nowrap;
    }
    tk-button.pressed {
      background: var(--vscode-inputOption-activeBackground);
      color: var(--vscode-inputOption-activeForeground, var(--vscode-foreground));
      outline: 1px solid var(--vscode-inputOption-activeBorder, transparent);
      outline-offset: -1px;
    }
  `;

  kind: 'primary' | 'secondary' | 'icon' = 'secondary';
  /** Accessible name and tooltip; needed where the content is a picture. */
  label = '';
  /** Makes it a toggle button. */
  pressed: boolean | undefined = undefined;
  /** It opens a menu. */
  expanded: boolean | undefined = undefined;
  disabled = false;

  constructor() {
    super();
    // What stands in it is there at once; it becomes a button behind the first frame of the page.
    requestAnimationFrame(() => setTimeout(() => define('button')));
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('tk-button')?.focus();
  }

  protected override render(): TemplateResult {
    return html`<tk-button
      appearance=${this.kind}
      title=${this.label || nothing}
      aria-label=${this.label || nothing}
      class=${this.pressed === true ? 'pressed' : ''}
      .ariaPressed=${this.pressed === undefined ? null : String(this.pressed)}
      .ariaHasPopup=${this.expanded === undefined ? null : 'menu'}
      .ariaExpanded=${this.expanded === undefined ? null : String(this.expanded)}
      ?disabled=${this.disabled}
      ><slot></slot
    ></tk-button>`;
  }
}

export interface SelectOption {
  readonly value: string;
  readonly label: string;
}

/** `<ald-select label .options .value>`: one of several, emits `ald-change`. */
export class AldSelect extends LitElement {
  static override properties = {
    label: { type: String },
    options: { attribute: false },
    value: { type: String },
  };

  static override styles = css`
    :host {
      display: inline-flex;
      min-width: 0;
    }
    tk-dropdown {
      min-width: 0;
      width: 100%;
    }
  `;

  label = '';
  options: readonly SelectOption[] = [];
  value = '';

  constructor() {
    super();
    define('select');
  }

  protected override render(): TemplateResult {
    return html`<tk-dropdown aria-label=${this.label} @change=${this.changed}>
      ${this.options.map(
        ({ value, label }) => html`<tk-option value=${value} ?selected=${value === this.value}>${label}</tk-option>`,
      )}
    </tk-dropdown>`;
  }

  protected override updated(): void {
    // The toolkit takes its options over in a microtask of its own; only then does setting the value select one.
    void Promise.resolve().then(() => {
      const dropdown = this.dropdown();
      if (dropdown !== null && dropdown.value !== this.value) dropdown.value = this.value;
    });
  }

  private dropdown(): (HTMLElement & { value: string }) | null {
    return this.renderRoot.querySelector('tk-dropdown');
  }

  private changed(event: Event): void {
    event.stopPropagation();
    const value = this.dropdown()?.value;
    if (value === undefined || value === this.value) return;
    this.value = value;
    emitChange(this, value);
  }
}

/** `<ald-field label .value invalid>`: one line of text with its label above, emits `ald-change` on Enter or blur. */
export class AldField extends LitElement {
  static override properties = {
    label: { type: String },
    value: { type: String },
    placeholder: { type: String },
    invalid: { type: Boolean },
  };

  static override styles = css`
    :host {
      display: inline-flex;
      min-width: 0;
    }
    tk-text-field {
      min-width: 0;
      width: 100%;
    }
    :host([invalid]) tk-text-field {
      outline: 1px solid var(--vscode-inputValidation-errorBorder);
    }
  `;

  /** Accessible name; the page shows its own text beside the field. */
  label = '';
  value = '';
  /** Shown while it is empty. */
  placeholder = '';
  invalid = false;

  constructor() {
    super();
    define('field');
  }

  protected override render(): TemplateResult {
    return html`<tk-text-field
      aria-invalid=${this.invalid ? 'true' : nothing}
      placeholder=${this.placeholder || nothing}
      @change=${this.changed}
    ></tk-text-field>`;
  }

  protected override updated(changes: PropertyValues<this>): void {
    const field = this.field();
    if (field === null) return;
    // Set afterwards: when it is connected the toolkit overwrites the name with "Text field".
    if (changes.has('label')) field.setAttribute('aria-label', this.label);
    if (changes.has('value') && field.value !== this.value) field.value = this.value;
  }

  private field(): (HTMLElement & { value: string }) | null {
    return this.renderRoot.querySelector('tk-text-field');
  }

  private changed(event: Event): void {
    event.stopPropagation();
    const value = this.field()?.value ?? '';
    if (value === this.value) return;
    this.value = value;
    emitChange(this, value);
  }
}

customElements.define('ald-button', AldButton);
customElements.define('ald-select', AldSelect);
customElements.define('ald-field', AldField);
