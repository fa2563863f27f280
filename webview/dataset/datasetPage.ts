import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { DatasetOverview, ScoredKind } from '../../src/core/dataset/datasetOverview';
import type { DatasetPage } from '../../src/core/dataset/datasetPage';
import type { DatasetQuery } from '../../src/core/dataset/datasetQuery';
import type { DatasetAction, DatasetView, PageParams, RowReference } from '../../src/protocol/datasetView';
import type { CopyEvent } from '../shared/charts/chartFrame';
import '../shared/charts/histogram';
import type { BinEvent } from '../shared/charts/histogram';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { closeIcon, icon } from '../shared/icon';
import type { ChangeEvent } from '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { datasetStyles } from './datasetStyles';
import { renderObjectives } from './objectiveCharts';
import './rowTable';
import type { AldRowTable, RowEvent, SortEvent } from './rowTable';
import { renderRunHeader } from './runHeader';
import { strings, worstFirst } from './strings';
import { renderSubsets } from './subsetTable';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface DatasetHost {
  readPage(params: PageParams): Promise<DatasetPage>;
  openRow(row: RowReference, focus: boolean): Promise<void>;
  explainRow(row: RowReference): Promise<void>;
  act(action: DatasetAction): Promise<void>;
  copyText(text: string): Promise<void>;
}

const kindOrder: readonly ScoredKind[] = ['pair', 'single', 'list', 'error'];

/** The data-set page: what the scores of a whole file look like, and which rows are worth looking at. */
export class AldDataset extends LitElement {
  static override properties = {
    view: { attribute: false },
    query: { state: true },
  };

  static override styles = [pageStyles, pageLayout, datasetStyles];

  host: DatasetHost | null = null;
  view: DatasetView | null = null;
  private query: DatasetQuery | null = null;
  private readonly status = new PageStatus(this);

  /** Draws what the extension sent. */
  show(view: DatasetView): void {
    const { overview } = view;
    const kind = this.query?.kind;
    if (overview !== null && 0 < overview.rows && (kind === undefined || overview.kinds[kind] === 0)) {
      const first = kindOrder.find((candidate) => 0 < overview.kinds[candidate]);
      if (first !== undefined) this.query = { kind: first, ...worstFirst, subset: null, range: null };
    }
    this.view = view;
  }

  protected override render(): TemplateResult {
    return html`<main>${this.view === null ? nothing : this.renderView(this.view)}</main>
      ${this.status.render()}`;
  }

  private renderView(view: DatasetView): TemplateResult {
    const { overview, run } = view;
    return html`${renderRunHeader({ view, act: (action) => void this.status.attempt(this.host && this.host.act(action)) })}
    ${
      overview === null || overview.rows === 0 || this.query === null
        ? this.renderNothing(view)
        : html`<div @ald-copy=${this.copyRequested}>
            ${this.renderDistribution(overview, this.query)} ${this.renderRows(overview, this.query)}
            ${renderObjectives(overview, run.model)}
            ${renderSubsets(overview.subsets, (subset) => this.showSubset(subset))}
          </div>`
    }`;
  }

  private renderNothing({ run, overview, problem }: DatasetView): TemplateResult | typeof nothing {
    if (problem !== null || run.state.kind === 'failed') return nothing;
    if (run.state.kind !== 'done') {
      const text = run.state.kind === 'running' ? strings.firstBatch : strings.nothingYet;
      return html`<p class="quiet state">${text}</p>`;
    }
    return html`<p class="quiet state" role="status">${overview === null ? strings.reading : strings.noRows}</p>`;
  }

  /** What the rows of the chosen tab are ranked by. */
  private renderDistribution(overview: DatasetOverview, query: DatasetQuery): TemplateResult | typeof nothing {
    if (query.kind === 'error') {
      return overview.kinds.error === overview.rows ? html`<p class="state">${strings.allErrors}</p>` : nothing;
    }
    const isPairs = query.kind === 'pair';
    const distribution = isPairs ? overview.margins : overview.scores;
    if (distribution === null) return nothing;
    const { range } = query;
    return html`<section class="part distribution">
      <ald-histogram
        .heading=${isPairs ? strings.margins : strings.scores}
        .note=${isPairs ? strings.marginsNote : strings.scoresNote}
        .bins=${distribution.bins}
        .series=${[
          { name: '', mark: isPairs ? 'bySign' : 'plain', mean: distribution.series[0]?.statistics.mean ?? null },
        ]}
        .texts=${
          isPairs ? { ...strings.histogram, countColumn: strings.pairs, count: strings.countPairs } : strings.histogram
        }
        .selected=${range === null ? null : { ...range, counts: [] }}
        selectable
        @ald-bin=${(event: BinEvent) => this.ask({ range: event.detail.bin })}
      ></ald-histogram>
    </section>`;
  }

  private renderRows(overview: DatasetOverview, query: DatasetQuery): TemplateResult {
    const { range, subset, kind } = query;
    const kinds = kindOrder.filter((candidate) => 0 < overview.kinds[candidate]);
    const hasLines = !/\.(csv|tsv|parquet)$/i.test(this.view?.run.file ?? '');
    return html`<section class="part">
      <div class="bar">
        <h2>${strings.table}</h2>
        <div
          class="tabs"
          role="tablist"
          aria-label=${strings.kinds}
          @keydown=${(event: KeyboardEvent) => this.moveTab(event, kinds)}
        >
          ${kinds.map(
            (candidate) =>
              html`<button
                role="tab"
                id="tab-${candidate}"
                aria-selected=${candidate === kind ? 'true' : 'false'}
                aria-controls="rows"
                tabindex=${candidate === kind ? 0 : -1}
                @click=${() => this.showKind(candidate)}
              >
                ${strings.tabs[candidate]} <span class="count">${formatCount(overview.kinds[candidate])}</span>
              </button>`,
          )}
        </div>
        ${
          range === null
            ? nothing
            : html`<span class="chip"
                >${strings.columns[kind === 'pair' ? 'margin' : 'score']}
                ${strings.range(formatRangeEnd(range.from), formatRangeEnd(range.to))}<ald-button
                  kind="icon"
                  .label=${strings.clearRange}
                  @click=${() => this.ask({ range: null })}
                  >${icon(closeIcon)}</ald-button
                ></span
              >`
        }
        ${
          overview.subsets.length === 0
            ? nothing
            : html`<ald-select
                class="subset"
                .label=${strings.chooseSubset}
                .options=${[
                  { value: '', label: strings.allSubsets },
                  ...overview.subsets.map(({ name }) => ({ value: `=${name}`, label: name })),
                ]}
                .value=${subset === null ? '' : `=${subset}`}
                @ald-change=${(event: ChangeEvent) => {
                  const { value } = event.detail;
                  this.ask({ subset: value === '' ? null : value.slice(1) });
                }}
              ></ald-select>`
        }
      </div>
      <div id="rows" role="tabpanel" aria-labelledby="tab-${kind}">
        <ald-row-table
          .readPage=${this.readPage}
          .query=${query}
          .version=${overview.rows}
          .hasSubsets=${0 < overview.subsets.length && subset === null}
          .hasLines=${hasLines}
          .manyObjectives=${1 < overview.objectives.length}
          @ald-sort=${(event: SortEvent) => this.ask(event.detail)}
          @ald-row=${this.rowRequested}
        ></ald-row-table>
      </div>
    </section>`;
  }

  private ask(change: Partial<DatasetQuery>): void {
    if (this.query === null) return;
    const range = change.range === undefined || change.range === null ? change.range : rangeOf(change.range);
    this.query = { ...this.query, ...change, ...(range === undefined ? {} : { range }) };
  }

  private showKind(kind: ScoredKind): void {
    if (kind === this.query?.kind) return;
    this.ask({ kind, range: null, ...(kind === 'error' ? { sort: 'place', descending: false } : worstFirst) });
  }

  private async moveTab(event: KeyboardEvent, kinds: readonly ScoredKind[]): Promise<void> {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || this.query === null) return;
    event.preventDefault();
    const next = kinds[(kinds.indexOf(this.query.kind) + step + kinds.length) % kinds.length];
    if (next === undefined) return;
    this.showKind(next);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  }

  private showSubset(subset: string): void {
    this.ask({ subset, range: null });
    const table = this.renderRoot.querySelector<AldRowTable>('ald-row-table');
    table?.scrollIntoView({ block: 'center' });
    table?.focus();
  }

  private readonly readPage = (params: PageParams): Promise<DatasetPage> => {
    if (this.host === null) return Promise.reject(new Error('not connected'));
    return this.host.readPage(params);
  };

  private readonly rowRequested = (event: RowEvent): void => {
    const { as, ...row } = event.detail;
    const { host } = this;
    void this.status.attempt(host && (as === 'explain' ? host.explainRow(row) : host.openRow(row, as === 'open')));
  };

  private readonly copyRequested = (event: CopyEvent): void => {
    void this.status.copy(this.host && this.host.copyText(event.detail.text));
  };
}

function rangeOf({ from, to }: { readonly from: number; readonly to: number }): NonNullable<DatasetQuery['range']> {
  return { from, to };
}

function formatRangeEnd(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value).replace('-', '−') : formatNumber(value);
}

customElements.define('ald-dataset', AldDataset);
