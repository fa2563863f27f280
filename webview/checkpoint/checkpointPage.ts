import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { TensorStatistics } from '../../src/core/checkpoint/tensorStatistics';
import type { Progress } from '../../src/core/jobContext';
import type { CheckpointContent, CheckpointView, ComparisonState } from '../../src/protocol/checkpointView';
import type { CopyEvent } from '../shared/charts/chartFrame';
import { errorIcon, icon, warningIcon } from '../shared/icon';
import '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { workProgressStyles } from '../shared/workProgress';
import { checkpointStyles } from './checkpointStyles';
import { renderComparison } from './comparisonPart';
import { renderFacts, renderMetadata } from './fileParts';
import { strings } from './strings';
import { renderTensorDetails, type Measurement, type TensorDetails } from './tensorDetails';
import { tensorRows, type TensorOrder, type TensorRow } from './tensorRows';
import './tensorTable';
import type { AldTensorTable, OrderEvent, TensorEvent } from './tensorTable';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface CheckpointHost {
  /** null: it was stopped, or another measurement came in between. */
  measure(tensor: string): Promise<TensorStatistics | null>;
  stopMeasuring(): Promise<void>;
  compare(): Promise<void>;
  stopComparing(): Promise<void>;
  dropComparison(): Promise<void>;
  openAsText(): Promise<void>;
  copyText(text: string): Promise<void>;
}

/** What the page keeps when it is hidden, or the window is loaded again. */
export interface KeptState {
  readonly filter: string;
  readonly order: TensorOrder;
  readonly chosen: string | null;
}

const byDistance: TensorOrder = { sort: 'relativeL2', descending: true };

/** The viewer of a checkpoint: its tensors, what one of them is like, and how they differ from another checkpoint's. */
export class AldCheckpoint extends LitElement {
  static override properties = {
    view: { attribute: false },
    kept: { state: true },
    measured: { state: true },
  };

  static override styles = [pageStyles, pageLayout, workProgressStyles, checkpointStyles];

  host: CheckpointHost | null = null;
  view: CheckpointView | null = null;
  /** Told whenever it changes. */
  onKeep: (state: KeptState) => void = () => undefined;
  private kept: KeptState = { filter: '', order: { sort: 'name', descending: false }, chosen: null };
  /** By tensor. */
  private measured: ReadonlyMap<string, Measurement> = new Map();
  private rows: readonly TensorRow[] = [];
  private readonly status = new PageStatus(this);

  restore(state: KeptState): void {
    this.kept = state;
  }

  /** Draws what the extension sent. */
  show(view: CheckpointView): void {
    this.measured = new Map();
    this.view = view;
  }

  /** Draws the comparison alone. */
  showComparison(comparison: ComparisonState | null): void {
    if (this.view === null) return;
    const isFirst = this.view.comparison === null && comparison !== null;
    const wasShown = this.view.comparison !== null && comparison === null;
    this.view = { ...this.view, comparison };
    if (isFirst) this.keep({ order: byDistance });
    else if (wasShown && isOrderOfComparison(this.kept.order))
      this.keep({ order: { sort: 'name', descending: false } });
  }

  showComparing(progress: Progress): void {
    const { comparison = null } = this.view ?? {};
    if (this.view === null || comparison?.work.kind !== 'running') return;
    this.view = { ...this.view, comparison: { ...comparison, work: { kind: 'running', progress } } };
  }

  showMeasuring(tensor: string, progress: Progress): void {
    if (this.measured.get(tensor)?.kind === 'running') this.setMeasured(tensor, { kind: 'running', progress });
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (!changes.has('view')) return;
    const before = changes.get('view');
    const isSame = before?.state === this.view?.state && before?.comparison?.tensors === this.view?.comparison?.tensors;
    if (isSame) return;
    const { content } = this;
    const differences = new Map((this.view?.comparison?.tensors ?? []).map((tensor) => [tensor.name, tensor]));
    this.rows = content === null ? [] : tensorRows(content.tensors, differences);
  }

  protected override render(): TemplateResult {
    const { state } = this.view ?? {};
    return html`<main>
        ${
          state?.kind === 'reading'
            ? html`<h1>${state.name}</h1>
                <p class="quiet state" role="status">${strings.reading}</p>`
            : nothing
        }
        ${
          state?.kind === 'failed'
            ? html`<h1>${state.name}</h1>
                <div class="banner error" role="alert">
                  ${icon(errorIcon)}<span
                    >${[state.failure.message, state.failure.hint].filter((part) => part !== null).join(': ')}</span
                  >
                </div>`
            : nothing
        }
        ${this.content === null ? nothing : this.renderContent(this.content)}
      </main>
      ${this.status.render()}`;
  }

  private get content(): CheckpointContent | null {
    return this.view?.state.kind === 'content' ? this.view.state.content : null;
  }

  private renderContent(content: CheckpointContent): TemplateResult {
    const comparison = this.view?.comparison ?? null;
    const isIndex = content.name.endsWith('.json');
    return html`<header class="top">
        <h1 title=${content.path}><bdi>${content.name}</bdi></h1>
        <div class="actions">
          ${
            isIndex
              ? html`<ald-button
                  kind="secondary"
                  title=${strings.openAsTextHint}
                  @click=${() => this.ask((host) => host.openAsText())}
                  >${strings.openAsText}</ald-button
                >`
              : nothing
          }
          <ald-button kind="secondary" title=${strings.compareHint} @click=${() => this.ask((host) => host.compare())}
            >${strings.compare}</ald-button
          >
        </div>
      </header>
      ${content.problems.map((problem) => html`<div class="banner">${icon(warningIcon)}<span>${problem}</span></div>`)}
      ${renderFacts(content)}
      <div @ald-copy=${(event: CopyEvent) => void this.copy(event.detail.text)}>
        ${
          comparison === null
            ? nothing
            : renderComparison(comparison, {
                stop: () => this.ask((host) => host.stopComparing()),
                close: () => this.ask((host) => host.dropComparison()),
                showLayer: (layer) => this.showLayer(layer),
              })
        }
        ${this.renderTensors(content, comparison !== null)}
      </div>
      ${renderMetadata(content)}`;
  }

  private renderTensors({ files, tensors }: CheckpointContent, isCompared: boolean): TemplateResult {
    return html`<section class="part">
      <div class="bar">
        <h2>${strings.tensors}</h2>
        ${
          tensors.length === 0
            ? nothing
            : html`<ald-field
                .label=${strings.filter}
                .value=${this.kept.filter}
                .placeholder=${strings.filter}
                title=${strings.filterHint}
                @input=${this.filtered}
              ></ald-field>`
        }
      </div>
      <div class="split">
        <ald-tensor-table
          .rows=${this.rows}
          .files=${files.map(({ name }) => name)}
          .isCompared=${isCompared}
          .filter=${this.kept.filter}
          .order=${this.kept.order}
          .chosen=${this.kept.chosen}
          @ald-tensor=${(event: TensorEvent) => this.choose(event.detail.tensor)}
          @ald-order=${(event: OrderEvent) => this.keep({ order: event.detail })}
        ></ald-tensor-table>
        ${renderTensorDetails(this.details())}
      </div>
    </section>`;
  }

  private details(): TensorDetails | null {
    const { chosen } = this.kept;
    const row = this.rows.find(({ tensor }) => tensor.name === chosen);
    if (row === undefined) return null;
    const { name, file } = row.tensor;
    return {
      row,
      file: this.content?.files[file]?.name ?? '',
      measurement: this.measured.get(name) ?? null,
      copyName: () => void this.copy(name),
      measure: () => void this.measure(name),
      stop: () => this.ask((host) => host.stopMeasuring()),
    };
  }

  private choose(tensor: string): void {
    this.keep({ chosen: tensor });
    const known = this.measured.get(tensor);
    if (known?.kind !== 'done' && known?.kind !== 'running') void this.measure(tensor);
  }

  private async measure(tensor: string): Promise<void> {
    if (this.host === null) return;
    const { content } = this;
    this.setMeasured(tensor, { kind: 'running', progress: null });
    const measurement = await this.host.measure(tensor).then(
      (statistics): Measurement => (statistics === null ? { kind: 'stopped' } : { kind: 'done', statistics }),
      (error: unknown): Measurement => ({
        kind: 'failed',
        message: error instanceof Error ? error.message : String(error),
      }),
    );
    // The file may have changed meanwhile.
    if (content === this.content) this.setMeasured(tensor, measurement);
  }

  private setMeasured(tensor: string, measurement: Measurement): void {
    this.measured = new Map([...this.measured, [tensor, measurement]]);
  }

  /** From a layer of the map to its tensors. */
  private showLayer(layer: number | null): void {
    this.keep({ filter: layer === null ? '' : `.${layer}.`, order: byDistance });
    const table = this.renderRoot.querySelector<AldTensorTable>('ald-tensor-table');
    table?.scrollIntoView({ block: 'center' });
    table?.focus();
  }

  private readonly filtered = (event: InputEvent): void => {
    const [field] = event.composedPath();
    if (field instanceof HTMLInputElement) this.keep({ filter: field.value });
  };

  private keep(change: Partial<KeptState>): void {
    this.kept = { ...this.kept, ...change };
    this.onKeep(this.kept);
  }

  private ask(work: (host: CheckpointHost) => Promise<unknown>): void {
    void this.status.attempt(this.host === null ? null : work(this.host));
  }

  private async copy(text: string): Promise<void> {
    await this.status.copy(this.host === null ? null : this.host.copyText(text));
  }
}

function isOrderOfComparison({ sort }: TensorOrder): boolean {
  return sort === 'relativeL2' || sort === 'cosine' || sort === 'changed';
}

customElements.define('ald-checkpoint', AldCheckpoint);
