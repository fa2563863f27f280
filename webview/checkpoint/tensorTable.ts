import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { arrowDownIcon, arrowUpIcon, icon } from '../shared/icon';
import { pageStyles } from '../shared/pageStyles';
import { virtualRowStyles } from '../shared/virtualRowStyles';
import { VirtualRows } from '../shared/virtualRows';
import { strings } from './strings';
import { tensorColumns, type TensorColumn } from './tensorColumns';
import { filterRows, sortRows, type TensorOrder, type TensorRow, type TensorSort } from './tensorRows';
import { tensorTableStyles } from './tensorTableStyles';

/** A tensor was chosen. */
export type TensorEvent = CustomEvent<{ readonly tensor: string }>;
export type OrderEvent = CustomEvent<TensorOrder>;

/**
 * The tensors of a file, however many: only those in view are drawn. One tab stop for the rows; up, down, page keys, Home
 * and End move, Enter, Space or a click chooses. Emits `ald-tensor` and `ald-order`.
 */
export class AldTensorTable extends LitElement {
  static override properties = {
    rows: { attribute: false },
    files: { attribute: false },
    isCompared: { attribute: false },
    filter: { attribute: false },
    order: { attribute: false },
    chosen: { attribute: false },
  };

  static override styles = [pageStyles, virtualRowStyles, tensorTableStyles];

  rows: readonly TensorRow[] = [];
  /** Names of the files. */
  files: readonly string[] = [];
  isCompared = false;
  filter = '';
  order: TensorOrder = { sort: 'name', descending: false };
  /** Name of the tensor that is looked at. */
  chosen: string | null = null;
  private shown: readonly TensorRow[] = [];
  private readonly virtual = new VirtualRows(this, () => this.shown.length);

  protected override willUpdate(changes: PropertyValues<this>): void {
    const isAnotherQuestion = changes.has('filter') || changes.has('order');
    if (!isAnotherQuestion && !changes.has('rows')) return;
    this.shown = sortRows(filterRows(this.rows, this.filter), this.order);
    if (isAnotherQuestion) this.virtual.startAgain();
    if (this.shown.length <= this.virtual.active) this.virtual.activate(this.shown.length - 1);
  }

  protected override render(): TemplateResult {
    const { files, isCompared, virtual, shown } = this;
    const columns = tensorColumns({ files, isCompared });
    return html`<div
        class="grid${isCompared ? ' compared' : 1 < files.length ? ' files' : ''}"
        role="grid"
        tabindex="0"
        aria-label=${strings.tensors}
        aria-rowcount=${shown.length + 1}
        aria-colcount=${columns.length}
        aria-describedby="help"
        aria-activedescendant=${virtual.isDrawn(virtual.active) ? `row-${virtual.active}` : nothing}
        @scroll=${virtual.scrolled}
        @keydown=${this.keydown}
      >
        <div role="rowgroup" class="head">
          <div role="row" aria-rowindex="1">${columns.map((column) => this.renderHeader(column))}</div>
        </div>
        <div role="rowgroup" class="body">${this.renderRows(columns)}</div>
      </div>
      <p class="foot quiet" role="status">${this.countText()}</p>
      <p class="foot quiet" id="help">${shown.length === 0 ? nothing : strings.tableHelp}</p>`;
  }

  private countText(): string {
    const [shown, all] = [this.shown.length, this.rows.length];
    if (all === 0) return strings.noTensors;
    if (shown === 0) return strings.noMatch;
    const count = (value: number): string => value.toLocaleString('en');
    return shown === all ? strings.tensorCount(count(all)) : strings.filteredCount(count(shown), count(all));
  }

  private renderHeader({ key, name, hint, numeric }: TensorColumn): TemplateResult {
    const { sort, descending } = this.order;
    const isSorted = key === sort;
    return html`<div
      role="columnheader"
      class="cell col-${key} ${numeric ? 'value' : ''}"
      aria-sort=${isSorted ? (descending ? 'descending' : 'ascending') : 'none'}
      title=${hint}
    >
      <button class="sort" @click=${() => this.sortBy(key)}>
        ${name}${isSorted ? icon(descending ? arrowDownIcon : arrowUpIcon) : nothing}
      </button>
    </div>`;
  }

  private renderRows(columns: readonly TensorColumn[]): TemplateResult[] {
    const { from, to } = this.virtual.drawn();
    const { active } = this.virtual;
    return this.shown.slice(from, to).map((row, index) => {
      const place = from + index;
      return html`<div
        role="row"
        id="row-${place}"
        class="row ${place === active ? 'active' : ''} ${row.tensor.name === this.chosen ? 'chosen' : ''}"
        aria-rowindex=${place + 2}
        aria-selected=${row.tensor.name === this.chosen ? 'true' : 'false'}
        data-place=${place}
        @click=${() => this.choose(place)}
      >
        ${columns.map(({ key, numeric, cell }) => {
          const { text, hint } = cell(row);
          return html`<div role="gridcell" class="cell col-${key} ${numeric ? 'value' : ''}" title=${hint ?? nothing}>
            <bdi>${text}</bdi>
          </div>`;
        })}
      </div>`;
    });
  }

  override focus(): void {
    this.virtual.grid()?.focus();
  }

  /** What is of interest comes first: large sizes and differences, low cosines. */
  private sortBy(sort: TensorSort): void {
    const isSorted = this.order.sort === sort;
    const first = sort === 'size' || sort === 'shape' || sort === 'relativeL2' || sort === 'changed';
    const detail: TensorOrder = { sort, descending: isSorted ? !this.order.descending : first };
    this.dispatchEvent(new CustomEvent('ald-order', { detail, bubbles: true, composed: true }));
  }

  private choose(place: number): void {
    const row = this.shown[place];
    if (row === undefined) return;
    this.virtual.activate(place);
    const detail = { tensor: row.tensor.name };
    this.dispatchEvent(new CustomEvent('ald-tensor', { detail, bubbles: true, composed: true }));
  }

  private keydown(event: KeyboardEvent): void {
    if (event.target !== this.virtual.grid()) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.choose(this.virtual.active);
      return;
    }
    this.virtual.moved(event);
  }
}

customElements.define('ald-tensor-table', AldTensorTable);
