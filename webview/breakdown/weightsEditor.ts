import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { ObjectiveContribution } from '../../src/core/reward/rewardBreakdown';
import type { ChangeEvent } from '../shared/kit';
import { pageStyles } from '../shared/pageStyles';
import { strings } from './strings';

const step = 0.1;

/** The coefficients of a model without a gate; emits `ald-weights` with all of them by name when one is changed. */
export class AldWeights extends LitElement {
  static override properties = {
    objectives: { attribute: false },
    invalid: { state: true },
  };

  static override styles = [
    pageStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 4px 16px;
        min-height: 26px;
      }
      .note {
        color: var(--vscode-descriptionForeground);
        max-width: 70ch;
        margin-block-end: 8px;
      }
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(210px, 1fr));
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
      .problem {
        color: var(--vscode-errorForeground);
        margin-block-start: 6px;
      }
    `,
  ];

  objectives: readonly ObjectiveContribution[] = [];
  private invalid: { readonly name: string; readonly text: string } | null = null;

  protected override render(): TemplateResult {
    return html`<header>
        <h2>${strings.weights}</h2>
        <button class="link" @click=${this.makeEqual}>${strings.equalWeights}</button>
      </header>
      <p class="note">${strings.weightsNote}</p>
      <div class="fields">
        ${this.objectives.map(
          ({ name, coefficient }) =>
            html`<div>
              <span class="name" title=${`${name}\n${coefficient}`} aria-hidden="true"><bdi>${name}</bdi></span>
              <ald-field
                .label=${strings.weightOf(name)}
                .value=${this.invalid?.name === name ? this.invalid.text : readable(coefficient)}
                ?invalid=${this.invalid?.name === name}
                @ald-change=${(event: ChangeEvent) => this.changed(name, event.detail.value)}
                @keydown=${(event: KeyboardEvent) => this.stepped(event, name, coefficient)}
              ></ald-field>
            </div>`,
        )}
      </div>
      <div role="alert">
        ${this.invalid === null ? nothing : html`<p class="problem">${strings.notANumber(this.invalid.text)}</p>`}
      </div>`;
  }

  private changed(name: string, text: string): void {
    const weight = parseWeight(text);
    if (weight === null) {
      this.invalid = { name, text };
      return;
    }
    this.invalid = null;
    this.emit({ [name]: weight });
  }

  /** Arrow keys step, as in every number field of the editor. */
  private stepped(event: KeyboardEvent, name: string, coefficient: number): void {
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
    event.preventDefault();
    this.invalid = null;
    const next = coefficient + (event.key === 'ArrowUp' ? step : -step);
    this.emit({ [name]: Number(next.toFixed(10)) });
  }

  private readonly makeEqual = (): void => {
    this.invalid = null;
    const weight = 1 / this.objectives.length;
    this.emit(Object.fromEntries(this.objectives.map(({ name }) => [name, weight])));
  };

  private emit(changes: Readonly<Record<string, number>>): void {
    const current = Object.fromEntries(this.objectives.map(({ name, coefficient }) => [name, coefficient]));
    const detail = { weights: { ...current, ...changes } };
    this.dispatchEvent(new CustomEvent('ald-weights', { detail, bubbles: true, composed: true }));
  }
}

export type WeightsEvent = CustomEvent<{ readonly weights: Readonly<Record<string, number>> }>;

function parseWeight(text: string): number | null {
  const normal = text
    .trim()
    .replace('−', '-')
    .replace(/^(-?\d*),(\d+)$/, '$1.$2');
  if (normal === '') return null;
  const weight = Number(normal);
  return Number.isFinite(weight) ? weight : null;
}

function readable(weight: number): string {
  return String(Number(weight.toPrecision(4)));
}

customElements.define('ald-weights', AldWeights);
