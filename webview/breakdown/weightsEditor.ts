import { css, html, LitElement, type TemplateResult } from 'lit';
import type { GateAdjustment, GateDescription } from '../../src/core/reward/gateAdjustment';
import { noAdjustment } from '../../src/core/reward/gateAdjustment';
import type { ObjectiveContribution } from '../../src/core/reward/rewardBreakdown';
import { pageStyles } from '../shared/pageStyles';
import './numberFields';
import type { AldNumberFields, NumberEvent, NumberField } from './numberFields';
import { strings } from './strings';

/** Not the name of an objective. */
const temperatureKey = '\0temperature';

/**
 * What weighs the objectives: the coefficients of a model without a gate, or factors on those of a gate and its
 * temperature. Emits `ald-weights` with all coefficients by name, `ald-adjust` with the whole adjustment, and
 * `ald-save-head`.
 */
export class AldWeights extends LitElement {
  static override properties = {
    objectives: { attribute: false },
    gate: { attribute: false },
    adjustment: { attribute: false },
  };

  static override styles = [
    pageStyles,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 16px;
        min-height: 26px;
      }
      h2 {
        flex: 1;
      }
      .note {
        color: var(--vscode-descriptionForeground);
        max-width: 70ch;
        margin-block-end: 8px;
      }
    `,
  ];

  objectives: readonly ObjectiveContribution[] = [];
  /** null: the model has none. */
  gate: GateDescription | null = null;
  adjustment: GateAdjustment = noAdjustment;

  protected override render(): TemplateResult {
    const { gate } = this;
    return html`<header>
        <h2>${strings.weights}</h2>
        ${
          gate === null
            ? html`<button class="link" @click=${this.makeEqual}>${strings.equalWeights}</button>`
            : html`<button class="link" @click=${this.reset}>${strings.resetWeights}</button>`
        }
        <button class="link" @click=${this.save}>${strings.saveHead}</button>
      </header>
      <p class="note">
        ${gate === null ? strings.weightsNote : `${strings.gateWeightsNote} ${strings.temperatureNote(String(gate.temperature))}`}
      </p>
      <ald-number-fields
        .fields=${gate === null ? this.coefficientFields() : this.gateFields(gate)}
        @ald-number=${this.changed}
      ></ald-number-fields>`;
  }

  private coefficientFields(): readonly NumberField[] {
    return this.objectives.map(({ name, coefficient }) => ({
      ...{ key: name, name, label: strings.weightOf(name), hint: `${name}\n${coefficient}` },
      value: coefficient,
    }));
  }

  private gateFields(gate: GateDescription): readonly NumberField[] {
    const { factors, temperature } = this.adjustment;
    const ofObjectives = this.objectives.map(({ name, coefficient }) => ({
      ...{ key: name, name, label: strings.factorOf(name), hint: strings.factorHint(name, String(coefficient)) },
      value: Object.hasOwn(factors, name) ? factors[name] : 1,
    }));
    const { temperature: label } = strings;
    const ofGate = { key: temperatureKey, name: label, label, hint: label, isPositive: true };
    return [{ ...ofGate, value: temperature ?? gate.temperature }, ...ofObjectives];
  }

  private changed({ detail: { key, value } }: NumberEvent): void {
    if (this.gate === null) this.emitWeights({ [key]: value });
    else if (key === temperatureKey) this.emitAdjustment({ ...this.adjustment, temperature: value });
    else this.emitAdjustment({ ...this.adjustment, factors: { ...this.adjustment.factors, [key]: value } });
  }

  private readonly makeEqual = (): void => {
    this.forgetInvalid();
    const weight = 1 / this.objectives.length;
    this.emitWeights(Object.fromEntries(this.objectives.map(({ name }) => [name, weight])));
  };

  private readonly reset = (): void => {
    this.forgetInvalid();
    this.emitAdjustment(noAdjustment);
  };

  private readonly save = (): void => {
    this.dispatchEvent(new CustomEvent('ald-save-head', { bubbles: true, composed: true }));
  };

  private forgetInvalid(): void {
    this.renderRoot.querySelector<AldNumberFields>('ald-number-fields')?.forgetInvalid();
  }

  private emitWeights(changes: Readonly<Record<string, number>>): void {
    const current = Object.fromEntries(this.objectives.map(({ name, coefficient }) => [name, coefficient]));
    const detail = { weights: { ...current, ...changes } };
    this.dispatchEvent(new CustomEvent('ald-weights', { detail, bubbles: true, composed: true }));
  }

  private emitAdjustment(adjustment: GateAdjustment): void {
    const detail = { adjustment };
    this.dispatchEvent(new CustomEvent('ald-adjust', { detail, bubbles: true, composed: true }));
  }
}

export type WeightsEvent = CustomEvent<{ readonly weights: Readonly<Record<string, number>> }>;
export type AdjustEvent = CustomEvent<{ readonly adjustment: GateAdjustment }>;

customElements.define('ald-weights', AldWeights);
