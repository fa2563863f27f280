import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Pixels, as in the styles (`virtualRowStyles`). */
const rowHeight = 24;
/** Rows drawn above and below what is seen. */
const margin = 8;
/** Browsers lay out nothing higher, in pixels. */
const mostHeight = 16_000_000;

/** A table of however many rows: an element with `.grid`, which scrolls, and `.body` in it, which holds the drawn rows. */
type VirtualRowsHost = ReactiveControllerHost & { readonly renderRoot: HTMLElement | DocumentFragment };

/**
 * Which rows of a long table are drawn, and which of them is the active one. The grid is one tab stop; up, down, page
 * keys, Home and End move. Rows have `data-place` and the class `row`; they are placed after each update.
 */
export class VirtualRows implements ReactiveController {
  /** First row in view. */
  first = 0;
  active = 0;

  /** @param total how many rows there are now. */
  constructor(
    private readonly host: VirtualRowsHost,
    private readonly total: () => number,
  ) {
    host.addController(this);
  }

  hostConnected(): void {}

  hostUpdated(): void {
    const body = this.host.renderRoot.querySelector<HTMLElement>('.body');
    if (body === null) return;
    body.style.height = `${Math.min(mostHeight, this.total() * rowHeight)}px`;
    for (const row of body.querySelectorAll<HTMLElement>('.row')) {
      row.style.top = `${this.#topOf(Number(row.dataset['place']))}px`;
    }
  }

  drawn(): { readonly from: number; readonly to: number } {
    const to = Math.min(this.total(), this.first + this.#visibleRows() + margin);
    return { from: Math.max(0, this.first - margin), to };
  }

  isDrawn(place: number): boolean {
    const { from, to } = this.drawn();
    return from <= place && place < to;
  }

  startAgain(): void {
    this.first = 0;
    this.active = 0;
    const grid = this.grid();
    if (grid !== null) grid.scrollTop = 0;
    this.host.requestUpdate();
  }

  activate(place: number): void {
    this.active = Math.max(0, Math.min(place, this.total() - 1));
    this.host.requestUpdate();
  }

  readonly scrolled = (): void => {
    const grid = this.grid();
    if (grid === null) return;
    const height = this.total() * rowHeight;
    const share = height <= mostHeight ? 1 : height / mostHeight;
    this.first = Math.max(0, Math.floor((grid.scrollTop * share) / rowHeight));
    this.host.requestUpdate();
  };

  /** True when the key has moved the active row. */
  moved(event: KeyboardEvent): boolean {
    const next = this.#placeAfter(event.key);
    if (next === null) return false;
    event.preventDefault();
    this.activate(next);
    this.reveal(next);
    return true;
  }

  reveal(place: number): void {
    const grid = this.grid();
    if (grid === null) return;
    const share = Math.max(1, (this.total() * rowHeight) / mostHeight);
    const visible = this.#visibleRows();
    if (place < this.first) grid.scrollTop = (place * rowHeight) / share;
    else if (this.first + visible <= place) grid.scrollTop = ((place - visible + 1) * rowHeight) / share;
  }

  grid(): HTMLElement | null {
    return this.host.renderRoot.querySelector('.grid');
  }

  /** Above the highest layout of browsers, rows are placed relative to the first one in view. */
  #topOf(place: number): number {
    const height = this.total() * rowHeight;
    if (height <= mostHeight) return place * rowHeight;
    const scrolled = this.grid()?.scrollTop ?? 0;
    return scrolled + (place - this.first) * rowHeight;
  }

  #visibleRows(): number {
    // The table is as high as its rows, up to what its styles allow.
    const highest = Math.min(0.58 * window.innerHeight, 620);
    return Math.max(1, Math.floor(highest / rowHeight) - 1);
  }

  #placeAfter(key: string): number | null {
    const last = Math.max(0, this.total() - 1);
    switch (key) {
      case 'ArrowDown':
        return Math.min(last, this.active + 1);
      case 'ArrowUp':
        return Math.max(0, this.active - 1);
      case 'PageDown':
        return Math.min(last, this.active + this.#visibleRows());
      case 'PageUp':
        return Math.max(0, this.active - this.#visibleRows());
      case 'Home':
        return 0;
      case 'End':
        return last;
      default:
        return null;
    }
  }
}
