import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { meanOf } from '../../src/core/merging/hma/heldMean';
import type { BlockView, SlidersView } from '../../src/protocol/mergePreviewView';
import type { ChangeEvent, SelectOption } from '../shared/kit';
import { pageStyles } from '../shared/pageStyles';
import { moveRatio } from './moveRatio';
import { ratioSlidersStyles } from './ratioSlidersStyles';
import { formatRatio } from './formatRatio';
import { strings } from './strings';

/** `moving`: the slider is still held, or a key may follow. */
export type RatiosEvent = CustomEvent<{ readonly ratios: readonly number[]; readonly moving: boolean }>;

export type BlocksEvent = CustomEvent<{ readonly blocks: number }>;

/** The block whose slider is looked at; null: none. */
export type BlockEvent = CustomEvent<{ readonly block: number | null }>;

/** Milliseconds after the last key until what the keys did is one change. */
const keyPause = 700;
const step = 0.01;
const blockCounts = [1, 2, 3, 4, 6, 8];

/**
 * Sliders of the ratios of blocks. Emits `ald-ratios` at every step with `moving`, and once without it when the slider is
 * let go, or some time after the last key; `ald-blocks` when the layers are to be cut otherwise; `ald-block` when the
 * focus or the pointer goes to a block.
 */
export class AldRatios extends LitElement {
  static override properties = {
    sliders: { attribute: false },
    ratios: { attribute: false },
    layerCount: { type: Number },
    disabled: { type: Boolean },
    holdsMean: { state: true },
    invalid: { state: true },
  };

  static override styles = [pageStyles, ratioSlidersStyles];

  sliders!: SlidersView;
  /** As they are drawn: those of the recipe, or where the sliders have been moved to. */
  ratios: readonly number[] = [];
  layerCount = 0;
  disabled = false;
  private holdsMean = true;
  private invalid: { readonly block: number; readonly text: string } | null = null;
  /** Where the ratios were when the slider was taken: going back puts the others back too. */
  private start: readonly number[] | null = null;
  private isHeld = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // What was moved and not yet written is not lost.
    if (this.timer !== undefined) this.settle();
  }

  /** Puts the focus on the slider of the block. */
  focusBlock(block: number): void {
    this.renderRoot.querySelector<HTMLElement>(`input[data-block="${block}"]`)?.focus();
  }

  protected override render(): TemplateResult {
    const { before, after, blocks, outside } = this.sliders;
    const mean = meanOf(this.ratios);
    return html`<header>
        <h2>${strings.sliders}</h2>
        <div class="tools">
          ${
            blocks.length < 2
              ? nothing
              : html`<span class="number mean" title=${strings.meanHint(String(mean))}
                    >${strings.mean(formatRatio(mean))}</span
                  >
                  <label class="hold" title=${strings.holdMeanHint}
                    ><input
                      type="checkbox"
                      .checked=${this.holdsMean}
                      @change=${(event: Event) => {
                        this.holdsMean = (event.target as HTMLInputElement).checked;
                      }}
                    />${strings.holdMean}</label
                  >`
          }
          <slot name="actions"></slot>
          <ald-select
            .label=${strings.blocks}
            .options=${this.blockOptions()}
            .value=${String(this.cut())}
            @ald-change=${this.cutChanged}
          ></ald-select>
        </div>
      </header>
      <p class="note">${strings.slidersNote(before, after)}</p>
      <div class="sliders" @focusout=${this.left}>${blocks.map((block, index) => this.renderBlock(block, index))}</div>
      <div role="alert">
        ${this.invalid === null ? nothing : html`<p class="problem">${strings.notARatio(this.invalid.text)}</p>`}
      </div>
      ${outside.length === 0 ? nothing : this.renderOutside()}`;
  }

  private renderBlock({ first, last }: BlockView, index: number): TemplateResult {
    const ratio = this.ratios[index] ?? 0;
    const { before } = this.sliders;
    const name = strings.block(first, last);
    const isInvalid = this.invalid?.block === index;
    return html`<div
      class="block"
      @pointerenter=${() => this.look(index)}
      @pointerleave=${() => this.look(null)}
      @focusin=${() => this.look(index)}
    >
      <span class="name" aria-hidden="true">${name}</span>
      <input
        type="range"
        min="0"
        max="1"
        step=${step}
        .value=${String(ratio)}
        ?disabled=${this.disabled}
        data-block=${index}
        aria-label=${strings.sliderOf(name)}
        aria-valuetext=${formatRatio(ratio)}
        title=${strings.ratioHint(String(ratio), before)}
        @pointerdown=${() => (this.isHeld = true)}
        @pointerup=${this.released}
        @pointercancel=${this.released}
        @keydown=${(event: KeyboardEvent) => this.keyed(event, index)}
        @input=${(event: Event) => this.moved(index, Number((event.target as HTMLInputElement).value))}
        @change=${this.letGo}
      />
      <ald-field
        .label=${strings.sliderOf(name)}
        .value=${isInvalid ? (this.invalid?.text ?? '') : formatRatio(ratio)}
        ?invalid=${isInvalid}
        @ald-change=${(event: ChangeEvent) => this.typed(index, event.detail.value)}
      ></ald-field>
    </div>`;
  }

  private renderOutside(): TemplateResult {
    const parts = this.sliders.outside.map(({ group, ratio }) => `${strings.groups[group]} ${formatRatio(ratio)}`);
    return html`<p class="quiet outside">${strings.alsoOutside(parts.join(', '))}</p>`;
  }

  /** The native keys go by one step; with Shift by ten. */
  private keyed(event: KeyboardEvent, index: number): void {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (direction === undefined || !event.shiftKey) return;
    event.preventDefault();
    this.moved(index, (this.ratios[index] ?? 0) + 10 * step * direction);
    this.settleSoon();
  }

  private moved(index: number, value: number): void {
    this.invalid = null;
    this.start ??= this.ratios;
    const ratios = moveRatio({ from: this.start, index, value, holdsMean: this.holdsMean });
    this.ratios = ratios;
    // A slider that the mean stops stays where it can be.
    const input = this.renderRoot.querySelector<HTMLInputElement>(`input[data-block="${index}"]`);
    if (input !== null) input.value = String(ratios[index]);
    this.emit(true);
  }

  /** The browser says so when the pointer lets go, and after each key. */
  private readonly letGo = (): void => {
    if (this.isHeld) this.settle();
    else this.settleSoon();
  };

  /** Behind the change that it may have made. */
  private readonly released = (): void => {
    setTimeout(() => (this.isHeld = false));
  };

  private readonly left = ({ relatedTarget, currentTarget }: FocusEvent): void => {
    const isInside = relatedTarget instanceof Node && currentTarget instanceof Node;
    if (isInside && currentTarget.contains(relatedTarget)) return;
    this.look(null);
    if (this.timer !== undefined) this.settle();
  };

  private settleSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.settle(), keyPause);
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isHeld = false;
    if (this.start === null) return;
    this.start = null;
    this.emit(false);
  }

  private typed(index: number, text: string): void {
    const value = parseRatio(text);
    if (value === null) {
      this.invalid = { block: index, text };
      return;
    }
    this.moved(index, value);
    this.settle();
  }

  private readonly cutChanged = (event: ChangeEvent): void => {
    event.stopPropagation();
    const blocks = Number(event.detail.value);
    this.dispatchEvent(new CustomEvent('ald-blocks', { detail: { blocks }, bubbles: true, composed: true }));
  };

  /** How many blocks; 0: blocks of another kind. */
  private cut(): number {
    return this.sliders.blocks.length;
  }

  private blockOptions(): readonly SelectOption[] {
    const { layerCount } = this;
    const counts = new Set([...blockCounts.filter((count) => count < layerCount), this.cut()]);
    const options = [...counts]
      .filter((count) => count < layerCount)
      .sort((a, b) => a - b)
      .map((count) => ({ value: String(count), label: strings.blockCount(count) }));
    return [...options, { value: String(layerCount), label: strings.perLayer }];
  }

  private look(block: number | null): void {
    this.dispatchEvent(new CustomEvent('ald-block', { detail: { block }, bubbles: true, composed: true }));
  }

  private emit(moving: boolean): void {
    const detail = { ratios: this.ratios, moving };
    this.dispatchEvent(new CustomEvent('ald-ratios', { detail, bubbles: true, composed: true }));
  }
}

function parseRatio(text: string): number | null {
  const trimmed = text.trim().replace(/^(\d*),(\d+)$/, '$1.$2');
  const value = trimmed === '' ? NaN : Number(trimmed);
  return 0 <= value && value <= 1 ? value : null;
}

customElements.define('ald-ratios', AldRatios);
