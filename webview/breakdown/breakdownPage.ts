import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Progress } from '../../src/core/jobContext';
import type { ExplainedRow } from '../../src/core/reward/explainedRow';
import { adjustBreakdown, isAdjusted, noAdjustment, type GateAdjustment } from '../../src/core/reward/gateAdjustment';
import type { RewardBreakdown } from '../../src/core/reward/rewardBreakdown';
import { reweighBreakdown } from '../../src/core/reward/reweighBreakdown';
import type { ScoreGrowth } from '../../src/core/reward/scoreGrowth';
import type {
  BreakdownState,
  BreakdownView,
  ErrorAction,
  ExportParams,
  HeadChange,
  LabelledPairs,
  RowLocation,
  WeightsChange,
} from '../../src/protocol/breakdownView';
import { AfterFirstFrame } from '../shared/afterFirstFrame';
import '../shared/charts/barChart';
import type { BarChartTexts } from '../shared/charts/barChart';
import '../shared/choice';
import './agreementPart';
import { noAgreement, type AgreementState } from './agreementPart';
import { errorIcon, icon, infoIcon } from '../shared/icon';
import type { ChangeEvent } from '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { sharedStrings } from '../shared/strings';
import { breakdownStyles } from './breakdownStyles';
import {
  chooseShown,
  describer,
  differenceRows,
  gateChart,
  nameResponses,
  type NamedResponse,
  type Shown,
} from './comparison';
import { exportRow } from './exportRow';
import './growthPart';
import { canFall, mainChart } from './mainChart';
import './responseList';
import type { CompareEvent } from './responseList';
import { renderObjectivesTable } from './objectivesTable';
import { renderHeader } from './rowHeader';
import { renderScores } from './scoreSummary';
import { strings } from './strings';
import { renderTemplatedTexts } from './templatedTexts';
import './weightsEditor';
import type { AdjustEvent, WeightsEvent } from './weightsEditor';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface BreakdownHost {
  setLocked(locked: boolean): Promise<boolean>;
  copyText(text: string): Promise<void>;
  act(action: ErrorAction): Promise<void>;
  changeWeights(change: WeightsChange): Promise<void>;
  readGrowth(responses: readonly number[]): Promise<readonly (ScoreGrowth | null)[]>;
  /** The name of the file; null when the user would rather not. */
  saveExport(params: ExportParams): Promise<string | null>;
  saveHead(change: HeadChange): Promise<string | null>;
  /** null: the user would rather not. */
  readLabelledPairs(modelHash: string): Promise<LabelledPairs | null>;
  stopLabelledPairs(): Promise<void>;
  /** Keeps how the page is set, also over a reload of the window. */
  saveSettings(settings: PageSettings): void;
}

export interface PageSettings {
  readonly chart: 'bars' | 'waterfall';
}

export const defaultSettings: PageSettings = { chart: 'bars' };

type RowState = Extract<BreakdownState, { kind: 'row' }>;

/** The breakdown page: why a row has its score. */
export class AldBreakdown extends LitElement {
  static override properties = {
    view: { attribute: false },
    settings: { attribute: false },
    pairsProgress: { attribute: false },
    choice: { state: true },
    adjusted: { state: true },
    agreement: { state: true },
    expanded: { state: true },
  };

  static override styles = [pageStyles, pageLayout, breakdownStyles];

  host: BreakdownHost | null = null;
  view: BreakdownView = { state: { kind: 'empty' }, locked: false };
  settings: PageSettings = defaultSettings;
  /** Of labelled pairs that are being scored. */
  pairsProgress: Progress | null = null;
  /** What the user has changed about the gate of a model. */
  private adjusted: { readonly modelHash: string; readonly adjustment: GateAdjustment } | null = null;
  /** Those of a list that are compared; null: the best two. */
  private choice: ReadonlySet<number> | null = null;
  /** The small parts of the waterfall are shown. */
  private expanded = false;
  /** Of the model named by its hash; kept while other rows of it are shown. */
  private agreement: AgreementState & { readonly modelHash: string } = { modelHash: '', ...noAgreement };
  private readonly status = new PageStatus(this);
  /** Of the first row: what is behind its first chart. */
  private readonly rest = new AfterFirstFrame(this);
  /** Stays, dimmed, while the next row is being scored, so that the page does not flicker. */
  private lastRow: RowState | null = null;

  /** Draws what the extension sent. */
  show(view: BreakdownView): void {
    const { state } = view;
    if (state.kind === 'row') {
      if (this.lastRow?.row.id !== state.row.id) this.choice = null;
      this.lastRow = state;
      // Not again when something else about the row changes.
      if (state.part === 'growth' && this.view.state.kind !== 'row') void this.scrollToGrowth();
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

  /** What is adjusted about the model of a row. */
  private adjustmentOf({ model, gate }: ExplainedRow): GateAdjustment {
    const { adjusted } = this;
    return gate === undefined || adjusted?.modelHash !== model.hash ? noAdjustment : adjusted.adjustment;
  }

  /** The row with the weights of the page. */
  private weighed(row: ExplainedRow): ExplainedRow {
    const { gate } = row;
    const adjustment = this.adjustmentOf(row);
    if (gate === undefined || !isAdjusted(adjustment, gate)) return row;
    return { ...row, responses: row.responses.map((response) => adjustBreakdown(response, gate, adjustment)) };
  }

  private renderRow({ row: scored, location, stale, gone, names }: RowState): TemplateResult {
    const row = this.weighed(scored);
    const named = nameResponses(row, names);
    const shown = chooseShown(row, named, this.choice);
    return html`${renderHeader({
      row,
      location,
      locked: this.view.locked,
      reveal: () => void this.act('revealRow'),
      toggleLock: () => void this.toggleLock(),
      copyJson: () => void this.copy(JSON.stringify(row, null, 2)),
      exportAs: (format) => void this.export(format),
    })}
    ${
      stale || gone
        ? html`<div class="banner" role="status">
            ${icon(infoIcon)}<span>${gone ? strings.gone : strings.stale}</span>
          </div>`
        : nothing
    }
    ${
      row === scored
        ? nothing
        : html`<div class="banner" role="status">
            ${icon(infoIcon)}<span>${strings.adjusted}</span>
            <button class="link" @click=${() => (this.adjusted = null)}>${strings.resetWeights}</button>
          </div>`
    }
    ${shown === null ? nothing : this.renderBody(row, named, shown)}`;
  }

  private renderBody(row: ExplainedRow, named: readonly NamedResponse[], shown: Shown): TemplateResult {
    const many = 1 < shown[0].text.objectives.length;
    return html`${
        row.kind === 'list'
          ? html`<ald-response-list
              class="part"
              .responses=${named}
              .chosen=${new Set(shown.map(({ index }) => index))}
              @ald-compare=${(event: CompareEvent) => (this.choice = event.detail.chosen)}
            ></ald-response-list>`
          : nothing
      }
      ${renderScores(shown, row.kind)}
      <div class="columns ${many ? 'two' : ''}" @ald-copy=${this.copyRequested}>
        <div>${many || 1 < shown.length ? this.renderContributions(row, shown) : nothing}</div>
        ${this.rest.isReached ? this.renderSecondColumn(row, shown) : nothing}
      </div>
      ${this.rest.isReached ? this.renderRest(row, shown) : this.rest.await()}`;
  }

  private renderSecondColumn(row: ExplainedRow, shown: Shown): TemplateResult {
    const describe = describer(row);
    const gate = gateChart(shown, describe);
    const [first, second] = shown;
    // A waterfall from one to the other is their difference.
    const showsDifference =
      second !== undefined && shown.length === 2 && canFall(shown) && this.settings.chart === 'bars';
    const texts = (valueColumn: string): BarChartTexts => ({ nameColumn: strings.objectiveColumn, valueColumn });
    return html`<div>
      ${
        showsDifference
          ? html`<ald-bar-chart
              .heading=${strings.difference}
              .note=${strings.differenceNote(first.name, second.name)}
              .series=${[{ name: '', mark: 'bySign' }]}
              .rows=${differenceRows([first, second], describe)}
              .texts=${texts(strings.difference)}
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
              .texts=${texts(strings.gate)}
            ></ald-bar-chart>`
      }
    </div>`;
  }

  private renderRest(row: ExplainedRow, shown: Shown): TemplateResult {
    return html`${
        row.model.headKind === 'judge'
          ? nothing
          : this.isWeighedByPage(row)
            ? html`<section class="part">
                <h2>${strings.growth}</h2>
                <p class="quiet">${strings.growthOfOwn}</p>
              </section>`
            : html`<ald-growth-part
                class="part"
                .shown=${shown}
                .read=${this.readGrowth}
                @ald-copy=${this.copyRequested}
              ></ald-growth-part>`
      }
      ${row.gate === undefined ? nothing : html`<div class="part">${this.renderWeights(row, shown)}</div>`}
      ${this.renderAgreement(row, shown)}
      <section class="part">
        <h2>${strings.numbers}</h2>
        <div class="scroll" tabindex="0" role="region" aria-label=${strings.numbers}>
          ${renderObjectivesTable(shown, row.model)}
        </div>
      </section>
      ${renderTemplatedTexts({ shown, specialTokens: row.specialTokens, copy: (text) => void this.copy(text) })}`;
  }

  private renderContributions(row: ExplainedRow, shown: Shown): TemplateResult {
    const { note, series, rows, fitted } = mainChart({ row, shown, settings: this.settings, expanded: this.expanded });
    return html`<ald-bar-chart
      .heading=${strings.contributions}
      .note=${note}
      .series=${series}
      .rows=${rows}
      .texts=${{ nameColumn: strings.objectiveColumn, valueColumn: strings.contribution }}
      .fitted=${fitted}
      signed
      @ald-expand=${() => (this.expanded = !this.expanded)}
    >
      ${
        canFall(shown)
          ? html`<ald-choice
              slot="actions"
              .label=${strings.chartKind}
              .options=${[
                { value: 'bars', label: strings.bars },
                { value: 'waterfall', label: strings.waterfall },
              ]}
              .value=${this.settings.chart}
              @ald-change=${(event: ChangeEvent) => this.setChart(event.detail.value === 'waterfall' ? 'waterfall' : 'bars')}
            ></ald-choice>`
          : nothing
      }
    </ald-bar-chart>`;
  }

  /** With one objective there is nothing to weigh. */
  private renderWeights(row: ExplainedRow, shown: Shown): TemplateResult | typeof nothing {
    const { objectives } = shown[0].text;
    if (objectives.length < 2) return nothing;
    return html`<ald-weights
      .objectives=${objectives}
      .gate=${row.gate ?? null}
      .adjustment=${this.adjustmentOf(row)}
      @ald-weights=${(event: WeightsEvent) => this.changeWeights(row, event.detail.weights)}
      @ald-adjust=${({ detail }: AdjustEvent) =>
        (this.adjusted = { modelHash: row.model.hash, adjustment: detail.adjustment })}
      @ald-save-head=${() => void this.saveHead(row, shown)}
    ></ald-weights>`;
  }

  /** Where there are weights to change, what labels say about them. */
  private renderAgreement(row: ExplainedRow, shown: Shown): TemplateResult | typeof nothing {
    const { model, gate } = row;
    const { objectives } = shown[0].text;
    const isFixed =
      objectives.length < 2 || model.headKind === 'judge' || (model.headKind === 'gated' && gate === undefined);
    if (isFixed) return nothing;
    const weights = Object.fromEntries(objectives.map(({ name, coefficient }) => [name, coefficient]));
    const adjustment = this.adjustmentOf(row);
    const revise = (breakdown: RewardBreakdown): RewardBreakdown =>
      gate === undefined ? reweighBreakdown(breakdown, weights) : adjustBreakdown(breakdown, gate, adjustment);
    return html`<ald-agreement
      class="part"
      .state=${this.agreement.modelHash === model.hash ? this.agreement : noAgreement}
      .revise=${revise}
      .progress=${this.pairsProgress}
      @ald-choose-pairs=${() => void this.choosePairs(model.hash)}
      @ald-stop-pairs=${() => void this.status.attempt(this.host && this.host.stopLabelledPairs())}
    ></ald-agreement>`;
  }

  private async choosePairs(modelHash: string): Promise<void> {
    if (this.host === null) return;
    const known = this.agreement.modelHash === modelHash ? this.agreement.pairs : null;
    this.pairsProgress = null;
    this.agreement = { modelHash, pairs: known, isRunning: true, problem: null };
    try {
      const pairs = (await this.host.readLabelledPairs(modelHash)) ?? known;
      this.agreement = { modelHash, pairs, isRunning: false, problem: null };
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.agreement = { modelHash, pairs: known, isRunning: false, problem };
    }
  }

  private isWeighedByPage(row: ExplainedRow): boolean {
    return row.gate !== undefined && isAdjusted(this.adjustmentOf(row), row.gate);
  }

  private setChart(chart: PageSettings['chart']): void {
    this.settings = { ...this.settings, chart };
    this.host?.saveSettings(this.settings);
  }

  private readonly readGrowth = (responses: readonly number[]): Promise<readonly (ScoreGrowth | null)[]> =>
    this.host === null ? Promise.resolve(responses.map(() => null)) : this.host.readGrowth(responses);

  private async scrollToGrowth(): Promise<void> {
    await this.rest.reached;
    await this.updateComplete;
    // Charts above it have drawn themselves by then.
    await new Promise(requestAnimationFrame);
    this.renderRoot.querySelector('ald-growth-part')?.scrollIntoView({ block: 'start' });
  }

  private async export(format: ExportParams['format']): Promise<void> {
    const { state } = this.view;
    const { host } = this;
    if (state.kind !== 'row' || host === null) return;
    const row = this.weighed(state.row);
    const shown = chooseShown(row, nameResponses(row, state.names), this.choice);
    if (shown === null) return;
    const work = exportRow({
      state: { ...state, row },
      shown,
      settings: this.settings,
      expanded: this.expanded,
      format,
    }).then((content) => host.saveExport({ format, content }));
    if (!(await this.status.attempt(work))) return;
    const file = await work;
    if (file !== null) this.status.done(sharedStrings.saved(file));
  }

  private async changeWeights(row: ExplainedRow, weights: Readonly<Record<string, number>>): Promise<void> {
    const { state } = this.view;
    if (state.kind !== 'row') return;
    const responses = row.responses.map((response) => reweighBreakdown(response, weights));
    this.show({ ...this.view, state: { ...state, row: { ...row, responses } } });
    await this.status.attempt(this.host && this.host.changeWeights({ modelHash: row.model.hash, weights }));
  }

  private async saveHead(row: ExplainedRow, shown: Shown): Promise<void> {
    const { objectives } = shown[0].text;
    const coefficients = Object.fromEntries(objectives.map(({ name, coefficient }) => [name, coefficient]));
    const change = { modelHash: row.model.hash, coefficients, adjustment: this.adjustmentOf(row) };
    const work = this.host && this.host.saveHead(change);
    if (!(await this.status.attempt(work))) return;
    const file = await work;
    if (file !== null) this.status.done(sharedStrings.saved(file));
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
