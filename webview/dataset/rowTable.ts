import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { DatasetPage, DatasetPageRow } from '../../src/core/dataset/datasetPage';
import type { DatasetQuery, DatasetSort } from '../../src/core/dataset/datasetQuery';
import type { PageParams, RowReference } from '../../src/protocol/datasetView';
import { arrowDownIcon, arrowUpIcon, icon, warningIcon } from '../shared/icon';
import { pageStyles } from '../shared/pageStyles';
import { sharedStrings } from '../shared/strings';
import { virtualRowStyles } from '../shared/virtualRowStyles';
import { VirtualRows } from '../shared/virtualRows';
import { columnsFor, type RowColumn } from './rowColumns';
import { rowTableStyles } from './rowTableStyles';
import { strings } from './strings';

/** Rows that are asked for at a time. */
const pageRows = 100;
/** Pages that are kept. */
const mostPages = 40;

/** What the table says when a row is to be shown: in its file, or explained. */
export type RowEvent = CustomEvent<RowReference & { readonly as: 'open' | 'peek' | 'explain' }>;
export type SortEvent = CustomEvent<Pick<DatasetQuery, 'sort' | 'descending'>>;

/**
 * The rows that match a query, however many: only those in view are asked for and drawn. One tab stop for the rows; up,
 * down, page keys, Home and End move, Enter opens, Space shows the row and stays, Shift+Enter explains.
 * Emits `ald-row` and `ald-sort`.
 */
export class AldRowTable extends LitElement {
  static override properties = {
    query: { attribute: false },
    version: { attribute: false },
    hasSubsets: { attribute: false },
    hasLines: { attribute: false },
    manyObjectives: { attribute: false },
    total: { state: true },
    problem: { state: true },
  };

  static override styles = [pageStyles, virtualRowStyles, rowTableStyles];

  readPage: ((params: PageParams) => Promise<DatasetPage>) | null = null;
  query!: DatasetQuery;
  /** Another number when there are more rows than before. */
  version = 0;
  hasSubsets = false;
  hasLines = true;
  manyObjectives = false;
  /** null: not known yet. */
  private total: number | null = null;
  private readonly rows = new VirtualRows(this, () => this.total ?? 0);
  private problem: string | null = null;
  private pages = new Map<number, readonly DatasetPageRow[]>();
  private readonly asked = new Set<number>();
  /** Answers to older questions are dropped. */
  private question = 0;

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (changes.has('query')) this.startAgain();
    // The old rows stay until the new ones are there, so that a growing table does not flicker.
    else if (changes.has('version')) this.askAgain();
  }

  protected override render(): TemplateResult {
    const columns = columnsFor(this.query.kind, this);
    const { total } = this;
    return html`<div
        class="grid ${this.query.kind}${this.hasSubsets ? ' subsets' : ''}${this.hasLines ? ' lines' : ''}"
        role="grid"
        tabindex="0"
        aria-label=${strings.table}
        aria-rowcount=${total === null ? -1 : total + 1}
        aria-colcount=${columns.length}
        aria-describedby="help"
        aria-activedescendant=${this.rows.isDrawn(this.rows.active) ? `row-${this.rows.active}` : nothing}
        @scroll=${this.rows.scrolled}
        @keydown=${this.keydown}
      >
        <div role="rowgroup" class="head">
          <div role="row" aria-rowindex="1">${columns.map((column) => this.renderHeader(column))}</div>
        </div>
        <div role="rowgroup" class="body">${this.renderRows(columns)}</div>
      </div>
      <p class="foot quiet" role="status">
        ${this.problem ?? (total === null ? strings.loading : total === 0 ? strings.noMatch : strings.rowCount(total.toLocaleString('en')))}
      </p>
      <p class="foot quiet" id="help">${total === 0 ? nothing : this.help()}</p>`;
  }

  private help(): string {
    if (this.query.kind === 'error') return this.hasLines ? strings.openHelp : '';
    return this.hasLines ? strings.tableHelp : strings.explainHelp;
  }

  private renderHeader({ key, name, hint, numeric, sort }: RowColumn): TemplateResult {
    const isSorted = sort !== null && sort === this.query.sort;
    const order = isSorted ? (this.query.descending ? 'descending' : 'ascending') : 'none';
    return html`<div
      role="columnheader"
      class="cell col-${key} ${numeric ? 'value' : ''}"
      aria-sort=${sort === null ? nothing : order}
      title=${hint}
    >
      ${
        sort === null
          ? name
          : html`<button class="sort" @click=${() => this.sortBy(sort)}>
              ${name}${isSorted ? icon(this.query.descending ? arrowDownIcon : arrowUpIcon) : nothing}
            </button>`
      }
    </div>`;
  }

  private renderRows(columns: readonly RowColumn[]): TemplateResult[] {
    const { from, to } = this.rows.drawn();
    const { active } = this.rows;
    const rows: TemplateResult[] = [];
    for (let place = from; place < to; place += 1) {
      const row = this.rowAt(place);
      rows.push(
        html`<div
          role="row"
          id="row-${place}"
          class="row ${place === active ? 'active' : ''}"
          aria-rowindex=${place + 2}
          aria-selected=${place === active ? 'true' : 'false'}
          data-place=${place}
          @click=${(event: MouseEvent) => this.clicked(event, place)}
          @dblclick=${() => this.show(place, 'open')}
        >
          ${
            row === undefined
              ? html`<div role="gridcell" class="cell">…</div>`
              : columns.map((column) => this.renderCell(column, row, place))
          }
        </div>`,
      );
    }
    return rows;
  }

  private renderCell({ key, numeric, cell }: RowColumn, row: DatasetPageRow, place: number): TemplateResult {
    if (key === 'why') {
      return html`<div role="gridcell" class="cell col-why">
        <button class="link" tabindex="-1" title=${strings.whyHint(row.id)} @click=${() => this.show(place, 'explain')}>
          ${strings.why}
        </button>
      </div>`;
    }
    const { text, hint, flag } = cell(row);
    return html`<div role="gridcell" class="cell col-${key} ${numeric ? 'value' : ''}" title=${hint ?? nothing}>
      ${flag === undefined ? nothing : html`<span class="flag">${icon(warningIcon)}</span>`}<bdi>${text}</bdi>
    </div>`;
  }

  protected override updated(): void {
    this.askForMissing();
  }

  override focus(): void {
    this.rows.grid()?.focus();
  }

  private rowAt(place: number): DatasetPageRow | undefined {
    return this.pages.get(Math.floor(place / pageRows))?.[place % pageRows];
  }

  private startAgain(): void {
    this.pages = new Map();
    this.total = null;
    this.rows.startAgain();
    this.askAgain();
  }

  private askAgain(): void {
    this.question += 1;
    this.asked.clear();
    this.problem = null;
    const { from, to } = this.rows.drawn();
    for (let page = Math.floor(from / pageRows); page * pageRows < Math.max(1, to); page += 1) void this.ask(page);
  }

  private askForMissing(): void {
    const { from, to } = this.rows.drawn();
    for (let page = Math.floor(from / pageRows); page * pageRows < to; page += 1) {
      if (!this.pages.has(page) && !this.asked.has(page)) void this.ask(page);
    }
  }

  private async ask(page: number): Promise<void> {
    const { question } = this;
    this.asked.add(page);
    try {
      const answer = await this.readPage?.({ query: this.query, offset: page * pageRows, count: pageRows });
      if (answer === undefined || question !== this.question) return;
      this.pages.delete(page);
      this.pages.set(page, answer.rows);
      for (const oldest of this.pages.keys()) {
        if (this.pages.size <= mostPages) break;
        this.pages.delete(oldest);
        this.asked.delete(oldest);
      }
      this.total = answer.total;
      this.rows.activate(this.rows.active);
    } catch (error) {
      if (question !== this.question) return;
      this.problem = sharedStrings.failed(error instanceof Error ? error.message : String(error));
    }
  }

  private sortBy(sort: DatasetSort): void {
    const isSorted = this.query.sort === sort;
    const detail = { sort, descending: isSorted ? !this.query.descending : false };
    this.dispatchEvent(new CustomEvent('ald-sort', { detail, bubbles: true, composed: true }));
  }

  private clicked(event: MouseEvent, place: number): void {
    this.rows.activate(place);
    const isButton = event.composedPath().some((target) => target instanceof HTMLButtonElement);
    if (!isButton) this.show(place, 'peek');
  }

  private show(place: number, as: RowEvent['detail']['as']): void {
    const row = this.rowAt(place);
    if (row === undefined) return;
    this.rows.activate(place);
    const detail = { row: row.row, id: row.id, line: row.line, as };
    this.dispatchEvent(new CustomEvent('ald-row', { detail, bubbles: true, composed: true }));
  }

  private keydown(event: KeyboardEvent): void {
    if (event.target !== this.rows.grid()) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.show(this.rows.active, event.key === ' ' ? 'peek' : event.shiftKey ? 'explain' : 'open');
      return;
    }
    this.rows.moved(event);
  }
}

customElements.define('ald-row-table', AldRowTable);
