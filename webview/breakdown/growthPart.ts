import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { ScoreGrowth } from '../../src/core/reward/scoreGrowth';
import { pageStyles } from '../shared/pageStyles';
import type { Shown } from './comparison';
import './growthText';
import { strings } from './strings';

type State =
  | { readonly kind: 'unread' }
  | { readonly kind: 'reading' }
  | { readonly kind: 'read'; readonly growths: readonly (ScoreGrowth | null)[] }
  | { readonly kind: 'failed'; readonly message: string };

/** The scores of the responses shown as their text grows: asked for once this part of the page comes into view. */
export class AldGrowthPart extends LitElement {
  static override properties = {
    shown: { attribute: false },
    read: { attribute: false },
    state: { state: true },
  };

  static override styles = [
    pageStyles,
    css`
      .texts {
        display: grid;
        gap: 20px 48px;
        margin-block-start: 10px;
      }
      .texts > * {
        min-width: 0;
      }
      .waiting {
        min-height: 120px;
        padding-block: 10px;
      }
      p + ald-button {
        margin-block-start: 8px;
      }
      @media (min-width: 860px) {
        .texts.two {
          grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        }
      }
    `,
  ];

  /** A new value is read anew. */
  shown!: Shown;
  read!: (responses: readonly number[]) => Promise<readonly (ScoreGrowth | null)[]>;
  private state: State = { kind: 'unread' };
  private observer: IntersectionObserver | null = null;
  private isInView = false;

  override connectedCallback(): void {
    super.connectedCallback();
    // A little before it is seen.
    this.observer = new IntersectionObserver(
      (entries) => {
        this.isInView = entries.at(-1)?.isIntersecting === true;
        if (this.isInView) void this.start();
      },
      { rootMargin: '200px' },
    );
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    const before = changes.get('shown');
    if (before === undefined || isSame(before, this.shown)) return;
    this.state = { kind: 'unread' };
  }

  protected override updated(): void {
    if (this.isInView) void this.start();
  }

  protected override render(): TemplateResult {
    return html`<h2>${strings.growth}</h2>
      <p class="note quiet">${strings.growthNote}</p>
      ${this.renderState()}`;
  }

  private renderState(): TemplateResult {
    const { state } = this;
    switch (state.kind) {
      case 'unread':
        return html`<div class="waiting"></div>`;
      case 'reading':
        return html`<div class="waiting quiet" role="status">${strings.growthReading}</div>`;
      case 'failed':
        return html`<p role="alert">${state.message}</p>
          <ald-button @click=${() => void this.start(true)}>${strings.growthAgain}</ald-button>`;
      case 'read': {
        const domain = state.growths.flatMap((growth) => growth?.points.map(({ score }) => score) ?? []);
        return html`<div class="texts ${1 < this.shown.length ? 'two' : ''}">
          ${this.shown.map(({ name, text }, index) => {
            const growth = state.growths[index];
            return growth === null || growth === undefined
              ? html`<p class="quiet">${strings.growthNone}</p>`
              : html`<ald-growth .heading=${name} .text=${text.text} .growth=${growth} .domain=${domain}></ald-growth>`;
          })}
        </div>`;
      }
    }
  }

  private async start(again = false): Promise<void> {
    if (this.state.kind !== 'unread' && !again) return;
    const { shown } = this;
    this.state = { kind: 'reading' };
    const state: State = await this.read(shown.map(({ index }) => index)).then(
      (growths) => ({ kind: 'read', growths }) as const,
      (error: unknown) =>
        ({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }) as const,
    );
    // Meanwhile other responses may have come into view.
    if (isSame(shown, this.shown)) this.state = state;
    else if (this.isInView) void this.start(true);
  }
}

/** The very same texts with the very same scores. */
function isSame(a: Shown, b: Shown): boolean {
  return a.length === b.length && a.every(({ text }, index) => text === b[index].text);
}

customElements.define('ald-growth-part', AldGrowthPart);
