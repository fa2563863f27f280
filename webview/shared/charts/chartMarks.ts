import type { LitElement, ReactiveController } from 'lit';

/** Where a mark is: each number is that of its attribute `data-…`. */
export type MarkPlace<Name extends string> = Readonly<Record<Name, number>>;

/** What a tooltip explains, in pixels of the window. */
export type ExplainedBox = Readonly<Record<'centre' | 'top' | 'bottom', number>>;

export interface ChartMarksParams<Name extends string> {
  /** Of the numbers of a place. */
  readonly names: readonly Name[];
  /** The nearest place that can hold the tab stop. */
  readonly nearest: (place: MarkPlace<Name>) => MarkPlace<Name>;
  readonly has: (place: MarkPlace<Name>) => boolean;
  /** Where a key leads to; null: nowhere. */
  readonly placeAfter: (key: string, active: MarkPlace<Name>) => MarkPlace<Name> | null;
  /** Enter or Space on a mark; false: there is nothing to choose. */
  readonly choose?: (place: MarkPlace<Name>) => boolean;
  /** The place whose mark stands for this one. Default: its own. */
  readonly drawnAt?: (place: MarkPlace<Name>) => MarkPlace<Name>;
  /** Default: that of the lane of the mark, or of the mark where it has none. */
  readonly boxOf?: (place: MarkPlace<Name>) => ExplainedBox | null;
}

/**
 * The marks of a chart (`.mark`): which of them holds the tab stop, which one is explained by the tooltip and
 * where that stands, and the keys. The first place is all zeros.
 */
export class ChartMarks<Name extends string> implements ReactiveController {
  #active: MarkPlace<Name>;
  #shown: MarkPlace<Name> | null = null;

  constructor(
    private readonly host: LitElement,
    private readonly params: ChartMarksParams<Name>,
  ) {
    this.#active = this.#placeWith(() => 0);
    host.addController(this);
  }

  /** The mark that holds the tab stop. */
  get active(): MarkPlace<Name> {
    return this.#active;
  }

  /** The mark whose tooltip is up. */
  get shown(): MarkPlace<Name> | null {
    return this.#shown;
  }

  hostUpdate(): void {
    this.#active = this.params.nearest(this.#active);
    if (this.#shown !== null && !this.params.has(this.#shown)) this.#shown = null;
  }

  hostUpdated(): void {
    const tooltip = this.host.renderRoot.querySelector<HTMLElement>('.tooltip');
    if (tooltip === null || this.#shown === null) return;
    const box = this.params.boxOf === undefined ? this.#laneOf(this.#shown) : this.params.boxOf(this.#shown);
    if (box !== null) placeTooltip(tooltip, this.host, box);
  }

  markAt(place: MarkPlace<Name>): HTMLElement | SVGElement | null {
    const { names, drawnAt } = this.params;
    const drawn = drawnAt === undefined ? place : drawnAt(place);
    const numbers = names.map((name) => `[data-${name}="${drawn[name]}"]`);
    return this.host.renderRoot.querySelector(`.mark${numbers.join('')}`);
  }

  /** The place of the mark that an event comes from; null: from none. */
  placeOf(target: EventTarget | null): MarkPlace<Name> | null {
    const mark = target instanceof Element ? target.closest<HTMLElement | SVGElement>('.mark') : null;
    return mark === null ? null : this.#placeWith((name) => Number(mark.dataset[name]));
  }

  readonly focused = ({ target }: FocusEvent): void => {
    const place = this.placeOf(target);
    if (place === null) return;
    this.#active = place;
    this.#shown = place;
    this.host.requestUpdate();
  };

  readonly pointed = ({ target }: PointerEvent): void => this.show(this.placeOf(target));

  readonly hideTooltip = (): void => this.show(null);

  readonly keydown = async (event: KeyboardEvent): Promise<void> => {
    const { key } = event;
    if (key === 'Escape') return this.hideTooltip();
    if ((key === 'Enter' || key === ' ') && this.params.choose?.(this.#active) === true) return event.preventDefault();
    const next = this.params.placeAfter(key, this.#active);
    if (next === null) return;
    event.preventDefault();
    this.#active = next;
    this.host.requestUpdate();
    await this.host.updateComplete;
    this.markAt(next)?.focus();
  };

  show(place: MarkPlace<Name> | null): void {
    const shown = this.#shown;
    if (this.params.names.every((name) => place?.[name] === shown?.[name])) return;
    this.#shown = place;
    this.host.requestUpdate();
  }

  #laneOf(place: MarkPlace<Name>): ExplainedBox | null {
    const mark = this.markAt(place);
    if (mark === null) return null;
    const { left, width, top, bottom } = (mark.querySelector('.lane') ?? mark).getBoundingClientRect();
    return { centre: left + width / 2, top, bottom };
  }

  #placeWith(number: (name: Name) => number): MarkPlace<Name> {
    return Object.fromEntries(this.params.names.map((name) => [name, number(name)])) as MarkPlace<Name>;
  }
}

export interface MarksInLineParams extends Pick<ChartMarksParams<'index'>, 'boxOf'> {
  readonly count: () => number;
  /** Where a key leads to; null: nowhere. Default: all arrows, in the order of the indices. */
  readonly indexAfter?: (key: string, active: number) => number | null;
  readonly choose?: (index: number) => void;
}

/** Marks that are told apart by an index alone. */
export function marksInLine(host: LitElement, params: MarksInLineParams): ChartMarks<'index'> {
  const { count, choose, boxOf } = params;
  const after = params.indexAfter ?? ((key, active) => indexAfter(key, active, count()));
  return new ChartMarks(host, {
    names: ['index'],
    nearest: ({ index }) => ({ index: nearestIndex(index, count()) }),
    has: ({ index }) => index < count(),
    placeAfter: (key, active) => {
      const index = after(key, active.index);
      return index === null ? null : { index };
    },
    ...(choose === undefined
      ? {}
      : {
          choose: ({ index }) => {
            choose(index);
            return true;
          },
        }),
    ...(boxOf === undefined ? {} : { boxOf }),
  });
}

/** Beside what it explains, inside the chart, above it where the window ends below. */
function placeTooltip(tooltip: HTMLElement, host: HTMLElement, { centre, top, bottom }: ExplainedBox): void {
  const around = host.getBoundingClientRect();
  const left = centre - around.left - tooltip.offsetWidth / 2;
  tooltip.style.left = `${Math.max(0, Math.min(left, host.clientWidth - tooltip.offsetWidth))}px`;
  const below = bottom + tooltip.offsetHeight + 8 < window.innerHeight;
  tooltip.style.top = `${(below ? bottom + 4 : top - tooltip.offsetHeight - 4) - around.top}px`;
}

/** Of `count` things; 0 where there are none. */
export function nearestIndex(index: number, count: number): number {
  return Math.max(0, Math.min(index, count - 1));
}

/** How far each arrow key leads along the horizontal axis; the others are left to the page. */
export const sidewardArrows: Readonly<Partial<Record<string, number>>> = { ArrowRight: 1, ArrowLeft: -1 };

/** The same, and down leads on, up back. */
export const allArrows: typeof sidewardArrows = { ...sidewardArrows, ArrowDown: 1, ArrowUp: -1 };

/** Where a key leads to from one of `count` things; Home and End lead to the ends; null: nowhere. */
export function indexAfter(key: string, from: number, count: number, arrows = allArrows): number | null {
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  const step = arrows[key];
  return step === undefined ? null : nearestIndex(from + step, count);
}
