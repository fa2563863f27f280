import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Progress } from '../../src/core/jobContext';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import { reweighBreakdown } from '../../src/core/reward/reweighBreakdown';
import type {
  BreakdownState,
  BreakdownView,
  ErrorAction,
  RowLocation,
  WeightsChange,
} from '../../src/protocol/breakdownView';
import '../shared/charts/barChart';
import { errorIcon, icon, infoIcon } from '../shared/icon';
import type { ChangeEvent } from '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { breakdownStyles } from './breakdownStyles';
import {
  bestIndex,
  chooseShown,
  contributionRows,
  differenceRows,
  gateChart,
  nameResponses,
  seriesOf,
  type Shown,
} from './comparison';
import { renderObjectivesTable } from './objectivesTable';
import { renderHeader } from './rowHeader';
import { renderScores } from './scoreSummary';
import { strings } from './strings';
import { renderTemplatedTexts } from './templatedTexts';
import './weightsEditor';
import type { WeightsEvent } from './weightsEditor';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface BreakdownHost {
  setLocked(locked: boolean): Promise<boolean>;
  copyText(text: string): Promise<void>;
  act(action: ErrorAction): Promise<void>;
  changeWeights(change: WeightsChange): Promise<void>;
}

type RowState = Extract<BreakdownState, { kind: 'row' }>;

/** The breakdown page: why a row has its score. */
export class AldBreakdown extends LitElement {
  static override properties = {
    view: { attribute: false },
    choice: { state: true },
  };

  static override styles = [pageStyles, pageLayout, breakdownStyles];

  host: BreakdownHost | null = null;
  view: BreakdownView = { state: { kind: 'empty' }, locked: false };
  /** The two of a list that are compared. */
  private choice: readonly [number, number] | null = null;
  private readonly status = new PageStatus(this);
  /** Stays, dimmed, while the next row is being scored, so that the page does not flicker. */
  private lastRow: RowState | null = null;

  /** Draws what the extension sent. */
  show(view: BreakdownView): void {
    const { state } = view;
    if (state.kind === 'row') {
      if (this.lastRow?.row.id !== state.row.id) this.choice = null;
      this.lastRow = state;
    }
    if (state.kind === 'empty' || state.kind === 'error') this.lastRow = null;
    this.view = view;
  }

  protected override render(): TemplateResult {
    return html`<main>${this.renderState(this.view.state)}</main>
      ${this.status.render()}`;
  }

  private renderState(state: BreakdownState): TemplateResult {
    switch (state.kind) {
      case 'empty':
        return html`<h1 class="hidden">${strings.title}</h1>
          <div class="message quiet"><p>${strings.empty}</p></div>`;
      case 'loading':
        return this.renderLoading(state.progress, state.location);
      case 'error':
        return this.renderError(state);
      case 'row':
        return this.renderRow(state);
    }
  }

  private renderLoading(progress: Progress, location: RowLocation | undefined): TemplateResult {
    const { lastRow } = this;
    const amount =
      progress.done === undefined || progress.total === undefined
        ? ''
        : strings.progress(formatAmount(progress.done, progress.unit), formatAmount(progress.total, progress.unit));
    return html`${lastRow === null ? html`<h1 class="hidden">${strings.title}</h1>` : nothing}
      <div class="progress" role="progressbar" aria-label=${strings.loading}></div>
      <div class="quiet" role="status">
        ${progress.message} ${amount}
        ${location === undefined ? nothing : html` · ${strings.location(location.file, location.line)}`}
      </div>
      ${lastRow === null ? nothing : html`<div class="previous" inert>${this.renderRow(lastRow)}</div>`}`;
  }

  private renderError({
    message,
    hint,
    actions,
    location,
  }: Extract<BreakdownState, { kind: 'error' }>): TemplateResult {
    return html`<div class="message" role="alert">
      ${location === undefined ? nothing : html`<p class="quiet">${strings.location(location.file, location.line)}</p>`}
      <h1>${icon(errorIcon)}<span>${message}</span></h1>
      ${hint === undefined ? nothing : html`<p class="quiet">${hint}</p>`}
      <div class="actions">
        ${actions.map(
          (action, index) =>
            html`<ald-button kind=${index === 0 ? 'primary' : 'secondary'} @click=${() => this.act(action)}
              >${strings.errorActions[action]}</ald-button
            >`,
        )}
      </div>
    </div>`;
  }

  private renderRow({ row, location, stale }: RowState): TemplateResult {
    const shown = chooseShown(row, this.choice);
    return html`${renderHeader({
      row,
      location,
      locked: this.view.locked,
      reveal: () => void this.act('revealRow'),
      toggleLock: () => void this.toggleLock(),
      copyJson: () => void this.copy(JSON.stringify(row, null, 2)),
    })}
    ${stale ? html`<div class="banner" role="status">${icon(infoIcon)}<span>${strings.stale}</span></div>` : nothing}
    ${shown === null ? nothing : this.renderBody(row, shown)}`;
  }

  private renderBody(row: ExplainedRow, shown: Shown): TemplateResult {
    const descriptions = new Map(row.model.objectives.map(({ name, description }) => [name, description]));
    const describe = (name: string): string | undefined => descriptions.get(name);
    const gate = gateChart(shown, describe);
    const many = 1 < shown[0].text.objectives.length;
    const chart = strings.chart;
    return html`${row.kind === 'list' ? this.renderChoice(row, shown) : nothing} ${renderScores(shown, row.kind)}
      <div class="columns ${many ? 'two' : ''}" @ald-copy=${this.copyRequested}>
        <div>
          <ald-bar-chart
            .heading=${strings.contributions}
            .note=${strings.contributionsNote}
            .series=${seriesOf(shown)}
            .rows=${contributionRows(shown, describe)}
            .texts=${{ ...chart, valueColumn: strings.contribution }}
            signed
          ></ald-bar-chart>
        </div>
        <div>
          ${
            shown.length === 2 && many
              ? html`<ald-bar-chart
                  .heading=${strings.difference}
                  .note=${strings.differenceNote(shown[0].name, shown[1].name)}
                  .series=${[{ name: '', mark: 'bySign' }]}
                  .rows=${differenceRows(shown, describe)}
                  .texts=${{ ...chart, valueColumn: strings.difference }}
                  signed
                ></ald-bar-chart>`
              : nothing
          }
          ${
            gate === null
              ? this.renderWeights(row, shown)
              : html`<ald-bar-chart
                  .heading=${strings.gate}
                  .note=${strings.gateNote}
                  .series=${gate.series}
                  .rows=${gate.rows}
                  .texts=${{ ...chart, valueColumn: strings.gate }}
                ></ald-bar-chart>`
          }
        </div>
      </div>
      <section class="part">
        <h2>${strings.numbers}</h2>
        <div class="scroll" tabindex="0" role="region" aria-label=${strings.numbers}>
          ${renderObjectivesTable(shown, row.model)}
        </div>
      </section>
      ${renderTemplatedTexts({ shown, specialTokens: row.specialTokens, copy: (text) => void this.copy(text) })}`;
  }

  /** With one objective there is nothing to weigh. */
  private renderWeights(row: ExplainedRow, shown: Shown): TemplateResult | typeof nothing {
    const { objectives } = shown[0].text;
    if (objectives.length < 2) return nothing;
    return html`<ald-weights
      .objectives=${objectives}
      @ald-weights=${(event: WeightsEvent) => this.changeWeights(row, event.detail.weights)}
    ></ald-weights>`;
  }

  private renderChoice(row: ExplainedRow, shown: Shown): TemplateResult {
    const named = nameResponses(row);
    const best = bestIndex(named);
    const options = named.map(({ name, index }) => ({
      value: String(index),
      label: index === best ? `${name} (${strings.best})` : name,
    }));
    const first = shown[0].index;
    const second = shown[1]?.index ?? first;
    const choose = (choice: readonly [number, number]): void => {
      this.choice = choice;
    };
    return html`<div class="part" @ald-copy=${this.copyRequested}>
        <ald-bar-chart
          .heading=${strings.scores}
          .series=${[{ name: '', mark: 'plain' }]}
          .rows=${named.map(({ text, index }) => ({
            name: options[index].label,
            values: [{ value: text.score, words: strings.tokens(text.tokens) }],
          }))}
          .texts=${{ ...strings.chart, nameColumn: strings.response, valueColumn: strings.score }}
        ></ald-bar-chart>
      </div>
      <div class="compare">
        <span aria-hidden="true">${strings.compare}</span>
        <ald-select
          .label=${strings.firstCompared}
          .options=${options}
          .value=${String(first)}
          @ald-change=${(event: ChangeEvent) => choose([Number(event.detail.value), second])}
        ></ald-select>
        <span aria-hidden="true">${strings.compareWith}</span>
        <ald-select
          .label=${strings.secondCompared}
          .options=${options}
          .value=${String(second)}
          @ald-change=${(event: ChangeEvent) => choose([first, Number(event.detail.value)])}
        ></ald-select>
      </div>`;
  }

  private async changeWeights(row: ExplainedRow, weights: Readonly<Record<string, number>>): Promise<void> {
    const { state } = this.view;
    if (state.kind !== 'row') return;
    const responses = row.responses.map((response) => reweighBreakdown(response, weights));
    this.show({ ...this.view, state: { ...state, row: { ...row, responses } } });
    await this.status.attempt(this.host && this.host.changeWeights({ modelHash: row.model.hash, weights }));
  }

  private async toggleLock(): Promise<void> {
    const asked = this.host && this.host.setLocked(!this.view.locked);
    if (await this.status.attempt(asked)) this.view = { ...this.view, locked: (await asked) === true };
  }

  private readonly copyRequested = (event: CustomEvent<{ readonly text: string }>): void => {
    void this.copy(event.detail.text);
  };

  private async copy(text: string): Promise<void> {
    await this.status.copy(this.host && this.host.copyText(text));
  }

  private async act(action: ErrorAction): Promise<void> {
    await this.status.attempt(this.host && this.host.act(action));
  }
}

function formatAmount(amount: number, unit: Progress['unit']): string {
  if (unit !== 'bytes') return amount.toLocaleString('en');
  return amount < 1e9 ? `${(amount / 1e6).toFixed(0)} MB` : `${(amount / 1e9).toFixed(1)} GB`;
}

customElements.define('ald-breakdown', AldBreakdown);
