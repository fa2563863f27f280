import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ChangeEvent } from '../shared/kit';
import { errorIcon, icon } from '../shared/icon';
import { pageStyles } from '../shared/pageStyles';
import { strings } from './strings';

const step = 0.1;

export interface NumberField {
  /** What it is told apart by. */
  readonly key: string;
  /** Beside the field. */
  readonly name: string;
  /** Accessible name of the field. */
  readonly label: string;
  readonly hint: string;
  readonly value: number;
  /** It has to be above 0. */
  readonly isPositive?: boolean;
}

/** `<ald-number-fields .fields>`: names with a number each; emits `ald-number` for one that was changed. */
export class AldNumberFields extends LitElement {
  static override properties = {
    fields: { attribute: false },
    invalid: { state: true },
  };

  static override styles = [
    pageStyles,
    css`
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr));
        gap: 6px 32px;
      }
      .fields > div {
        display: grid;
        grid-template-columns: minmax(0, 1fr) 100px;
        gap: 8px;
        align-items: center;
      }
      .name {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .problem .icon {
        color: var(--vscode-errorForeground);
        margin-block-start: 2px;
      }
      .problem {
        display: flex;
        gap: 6px;
        margin-block-start: 6px;
      }
    `,
  ];

  fields: readonly NumberField[] = [];
  private invalid: { readonly key: string; readonly text: string; readonly problem: string } | null = null;

  protected override render(): TemplateResult {
    const { invalid } = this;
    return html`<div class="fields">
        ${this.fields.map(
          (field) =>
            html`<div>
              <span class="name" title=${field.hint} aria-hidden="true"><bdi>${field.name}</bdi></span>
              <ald-field
                .label=${field.label}
                .value=${invalid?.key === field.key ? invalid.text : readable(field.value)}
                ?invalid=${invalid?.key === field.key}
                @ald-change=${(event: ChangeEvent) => this.changed(field, event.detail.value)}
                @keydown=${(event: KeyboardEvent) => this.stepped(event, field)}
              ></ald-field>
            </div>`,
        )}
      </div>
      <div role="alert">
        ${invalid === null ? nothing : html`<p class="problem">${icon(errorIcon)}<span>${invalid.problem}</span></p>`}
      </div>`;
  }

  /** Forgets a text that was no number: all fields show their values again. */
  forgetInvalid(): void {
    this.invalid = null;
  }

  private changed({ key, isPositive }: NumberField, text: string): void {
    const value = parseNumber(text);
    if (value === null || (isPositive === true && value <= 0)) {
      const problem = value === null ? strings.notANumber(text) : strings.notPositive(text);
      this.invalid = { key, text, problem };
      return;
    }
    this.emit(key, value);
  }

  /** Arrow keys step, as in every number field of the editor. */
  private stepped(event: KeyboardEvent, { key, value, isPositive }: NumberField): void {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    const next = Number((value + (event.key === 'ArrowUp' ? step : -step)).toFixed(10));
    this.emit(key, isPositive === true && next <= 0 ? value : next);
  }

  private emit(key: string, value: number): void {
    this.invalid = null;
    const detail = { key, value };
    this.dispatchEvent(new CustomEvent('ald-number', { detail, bubbles: true, composed: true }));
  }
}

export type NumberEvent = CustomEvent<{ readonly key: string; readonly value: number }>;

function parseNumber(text: string): number | null {
  const normal = text
    .trim()
    .replace('−', '-')
    .replace(/^(-?\d*),(\d+)$/, '$1.$2');
  if (normal === '') return null;
  const value = Number(normal);
  return Number.isFinite(value) ? value : null;
}

function readable(value: number): string {
  return String(Number(value.toPrecision(4)));
}

customElements.define('ald-number-fields', AldNumberFields);
