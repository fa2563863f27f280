import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Span } from '../../src/core/promptFile/locateJson';
import type {
  MergePreviewAction,
  MergePreviewView,
  PlanView,
  ScoreInput,
  StageView,
} from '../../src/protocol/mergePreviewView';
import { AfterFirstFrame } from '../shared/afterFirstFrame';
import type { CopyEvent } from '../shared/charts/chartFrame';
import '../shared/charts/heatMap';
import type { CellEvent } from '../shared/charts/heatMap';
import '../shared/charts/scatter';
import '../shared/differenceMap';
import type { ChangeEvent } from '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { renderWorkProgress, workProgressStyles } from '../shared/workProgress';
import { shadeOf, stageStrips, stageTexts } from './mapStrips';
import { mergePreviewStyles } from './mergePreviewStyles';
import { renderPlanFacts } from './planFacts';
import { renderFailure, renderPlanHeader, type RecipeState } from './planHeader';
import { RatioDraft } from './ratioDraft';
import './ratioSliders';
import { AldRatios, type BlockEvent, type BlocksEvent, type RatiosEvent } from './ratioSliders';
import { renderScorePart } from './scorePart';
import { strings } from './strings';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface MergePreviewHost {
  setLocked(locked: boolean): Promise<boolean>;
  tryRatios(ratios: readonly number[]): Promise<PlanView | null>;
  writeRatios(ratios: readonly number[]): Promise<unknown>;
  cutBlocks(blocks: number): Promise<unknown>;
  restoreTrial(trial: number): Promise<unknown>;
  chooseInput(input: ScoreInput): Promise<unknown>;
  dropInput(input: ScoreInput): Promise<unknown>;
  setFollows(follows: boolean): Promise<unknown>;
  reveal(span: Span): Promise<unknown>;
  act(action: MergePreviewAction): Promise<unknown>;
  copyText(text: string): Promise<unknown>;
}

/** The preview of a merge: what its recipe makes of which model, layer by layer, and what the result is like. */
export class AldMergePreview extends LitElement {
  static override properties = {
    view: { attribute: false },
    measure: { state: true },
    stageIndex: { state: true },
    block: { state: true },
  };

  static override styles = [pageStyles, pageLayout, workProgressStyles, mergePreviewStyles];

  host: MergePreviewHost | null = null;
  view: MergePreviewView | null = null;
  /** Which number the map shows; null: the first. */
  private measure: string | null = null;
  /** Which document of the recipe; null: the last. */
  private stageIndex: number | null = null;
  /** Whose layers stand out in the map. */
  private block: number | null = null;
  private readonly status = new PageStatus(this);
  /** Of the first picture: what is below the map and the sliders. */
  private readonly rest = new AfterFirstFrame(this);
  private readonly draft = new RatioDraft(this, {
    tryRatios: (ratios) => this.host?.tryRatios(ratios) ?? Promise.resolve(null),
    write: (ratios) => this.status.attempt(this.host === null ? null : this.host.writeRatios(ratios)),
  });

  /** Draws what the extension sent. */
  show(view: MergePreviewView): void {
    const before = this.view?.state;
    if (before?.kind !== 'recipe' || view.state.kind !== 'recipe' || before.file !== view.state.file) {
      [this.measure, this.stageIndex, this.block] = [null, null, null];
      this.draft.forget();
    }
    this.draft.follow(view.state.kind === 'recipe' ? view.state.plan : null);
    this.view = view;
  }

  protected override render(): TemplateResult {
    return html`<main @ald-copy=${(event: CopyEvent) => void this.copy(event.detail.text)}>
        ${this.view === null ? nothing : this.renderView(this.view)}
      </main>
      ${this.status.render()}`;
  }

  private renderView({ state, locked }: MergePreviewView): TemplateResult {
    if (state.kind === 'empty') {
      return html`<h1 class="hidden">${strings.title}</h1>
        <p class="quiet">${strings.empty}</p>`;
    }
    const plan = this.draft.plan ?? state.plan;
    const stage = plan === null ? null : this.stageOf(plan);
    return html`${renderPlanHeader({
      ...{ state, stage, locked },
      act: (action) => this.ask((host) => host.act(action)),
      toggleLock: () => this.ask((host) => host.setLocked(!locked)),
      reveal: ({ span }) => this.ask((host) => host.reveal(span)),
    })}
    ${plan === null || stage === null ? nothing : this.renderPlan(state, plan, stage)}`;
  }

  /** The last document makes what stays. */
  private stageOf({ stages }: PlanView): StageView | null {
    return stages[this.stageIndex ?? stages.length - 1] ?? stages[stages.length - 1] ?? null;
  }

  private renderPlan(state: RecipeState, plan: PlanView, stage: StageView): TemplateResult {
    return html`${this.renderMap(plan, stage)} ${this.renderSliders(state, stage)}
    ${
      this.rest.isReached
        ? html`${renderPlanFacts(stage, state.freeBytes)} ${this.renderScore(state)} ${this.renderDifference(state)}`
        : this.rest.await()
    }`;
  }

  private renderMap({ stages, sliders }: PlanView, stage: StageView): TemplateResult | typeof nothing {
    const { map } = stage;
    const measure = map.measures.find(({ name }) => name === this.measure) ?? map.measures[0];
    if (measure === undefined) return nothing;
    const isShare = measure.name === 'share';
    const blocks = sliders?.blocks ?? [];
    const looked = this.block === null ? undefined : blocks[this.block];
    return html`<ald-heat-map
      class="map"
      .heading=${strings.map}
      .note=${isShare ? strings.mapNote.share : strings.mapNote.parameter(measure.name)}
      .strips=${stageStrips(stage, measure, sliders)}
      .columns=${map.layerCount}
      .shade=${shadeOf(measure).shade}
      .dividers=${blocks.length === map.layerCount ? [] : blocks.slice(1).map(({ first }) => first)}
      .marked=${looked === undefined ? null : { first: looked.first, last: looked.last }}
      .texts=${stageTexts(measure)}
      @ald-cell=${(event: CellEvent) => this.goToBlock(event.detail.column)}
    >
      ${
        stages.length < 2
          ? nothing
          : html`<ald-select
              slot="actions"
              .label=${strings.stages}
              .options=${stages.map(({ name }, index) => ({
                value: String(index),
                label: strings.stage(name === '' ? String(index + 1) : name),
              }))}
              .value=${String(stages.indexOf(stage))}
              @ald-change=${(event: ChangeEvent) => (this.stageIndex = Number(event.detail.value))}
            ></ald-select>`
      }
      ${
        map.measures.length < 2
          ? nothing
          : html`<ald-select
              slot="actions"
              .label=${strings.measure}
              .options=${map.measures.map(({ name }) => ({ value: name, label: name === 'share' ? strings.share : name }))}
              .value=${measure.name}
              @ald-change=${(event: ChangeEvent) => (this.measure = event.detail.value)}
            ></ald-select>`
      }
    </ald-heat-map>`;
  }

  private renderSliders({ plan, stale, actions }: RecipeState, { map }: StageView): TemplateResult | typeof nothing {
    const sliders = plan?.sliders ?? null;
    if (sliders === null) return nothing;
    return html`<ald-ratios
      .sliders=${sliders}
      .ratios=${this.draft.ratios ?? sliders.blocks.map(({ ratio }) => ratio)}
      .layerCount=${map.layerCount}
      .disabled=${stale}
      @ald-ratios=${({ detail }: RatiosEvent) => this.draft.move(detail.ratios, detail.moving)}
      @ald-blocks=${({ detail }: BlocksEvent) => this.ask((host) => host.cutBlocks(detail.blocks))}
      @ald-block=${({ detail }: BlockEvent) => (this.block = detail.block)}
      >${
        actions.includes('importRatios')
          ? html`<button
              class="link"
              slot="actions"
              title=${strings.actionHints.importRatios}
              @click=${() => this.ask((host) => host.act('importRatios'))}
            >
              ${strings.actions.importRatios}
            </button>`
          : nothing
      }</ald-ratios
    >`;
  }

  private renderScore({ score, actions }: RecipeState): TemplateResult {
    return renderScorePart({
      ...{ score, actions },
      act: (action) => this.ask((host) => host.act(action)),
      choose: (input) => this.ask((host) => host.chooseInput(input)),
      drop: (input) => this.ask((host) => host.dropInput(input)),
      setFollows: (follows) => this.ask((host) => host.setFollows(follows)),
      restore: (trial) => this.ask((host) => host.restoreTrial(trial)),
    });
  }

  private renderDifference({ difference, comparing, actions }: RecipeState): TemplateResult | typeof nothing {
    const offered = (['compare', 'stopCompare'] as const).filter((action) => actions.includes(action));
    if (difference === null && offered.length === 0) return nothing;
    return html`<section class="part" aria-labelledby="difference">
      <header class="bar">
        <h2 id="difference">${strings.difference}</h2>
        <div class="tools">
          ${offered.map(
            (action) =>
              html`<ald-button
                kind="secondary"
                title=${strings.actionHints[action]}
                @click=${() => this.ask((host) => host.act(action))}
                >${strings.actions[action]}</ald-button
              >`,
          )}
        </div>
      </header>
      <p class="note">${strings.differenceNote}</p>
      ${comparing.kind === 'running' ? renderWorkProgress(strings.comparing, comparing.progress) : nothing}
      ${comparing.kind === 'failed' ? renderFailure(comparing) : nothing}
      ${difference === null ? nothing : html`<ald-difference-map .difference=${difference}></ald-difference-map>`}
    </section>`;
  }

  /** From a layer in the map to the slider that moves it. */
  private goToBlock(layer: number | null): void {
    const { state } = this.view ?? {};
    const sliders = state?.kind === 'recipe' ? (state.plan?.sliders ?? null) : null;
    if (layer === null || sliders === null) return;
    const block = sliders.blocks.findIndex(({ first, last }) => first <= layer && layer <= last);
    const element = this.renderRoot.querySelector('ald-ratios');
    if (block !== -1 && element instanceof AldRatios) element.focusBlock(block);
  }

  private ask(work: (host: MergePreviewHost) => Promise<unknown>): void {
    void this.status.attempt(this.host === null ? null : work(this.host));
  }

  private async copy(text: string): Promise<void> {
    await this.status.copy(this.host === null ? null : this.host.copyText(text));
  }
}

customElements.define('ald-mergepreview', AldMergePreview);
