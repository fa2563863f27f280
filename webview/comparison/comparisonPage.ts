import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { AnswersReference, ComparisonAction, ComparisonView, Side } from '../../src/protocol/comparisonView';
import '../shared/charts/barChart';
import type { CopyEvent } from '../shared/charts/chartFrame';
import type { ChangeEvent } from '../shared/kit';
import { pageLayout } from '../shared/pageLayout';
import { pageStyles } from '../shared/pageStyles';
import { PageStatus } from '../shared/pageStatus';
import { renderHeader } from './comparisonHeader';
import { comparisonStyles } from './comparisonStyles';
import { differenceRows, profileRows, type Measure } from './differenceRows';
import { renderInputTable } from './inputTable';
import { renderSummary } from './summary';
import { strings } from './strings';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface ComparisonHost {
  act(action: ComparisonAction): Promise<unknown>;
  explain(answers: AnswersReference): Promise<unknown>;
  showTextDifference(input: number): Promise<unknown>;
  openVersion(side: Side): Promise<unknown>;
  copyText(text: string): Promise<unknown>;
}

/** Actions whose success nothing else shows. */
const copies: readonly ComparisonAction[] = ['copyJson', 'copyCsv'];

/** The page that compares two versions of a prompt: what the scores of their answers to the same inputs say. */
export class AldComparison extends LitElement {
  static override properties = {
    view: { attribute: false },
    measure: { state: true },
    open: { state: true },
    whole: { state: true },
  };

  static override styles = [pageStyles, pageLayout, comparisonStyles];

  host: ComparisonHost | null = null;
  view: ComparisonView | null = null;
  private measure: Measure = 'contribution';
  /** Inputs whose answers are shown. */
  private open: ReadonlySet<number> = new Set();
  /** Answers are shown to their ends. */
  private whole = false;
  private readonly status = new PageStatus(this);

  protected override render(): TemplateResult {
    return html`<main>${this.view === null ? nothing : this.renderView(this.view)}</main>
      ${this.status.render()}`;
  }

  private renderView(view: ComparisonView): TemplateResult {
    const { comparison, state } = view;
    return html`${renderHeader({
      view,
      act: (action) => this.act(action),
      openVersion: (side) => this.ask((host) => host.openVersion(side)),
    })}
    ${
      comparison === null
        ? state.kind === 'idle' || state.kind === 'failed' || view.inputs.length === 0
          ? nothing
          : html`<p class="quiet state">${state.kind === 'running' ? strings.noneYet : strings.nothing}</p>`
        : html`${renderSummary(view, comparison)} ${this.renderCharts(view)}`
    }
    ${
      view.inputs.length === 0
        ? nothing
        : renderInputTable({
            view,
            open: this.open,
            whole: this.whole,
            toggle: (input) => this.toggle(input),
            toggleWhole: () => {
              this.whole = !this.whole;
            },
            explain: (answers) => this.ask((host) => host.explain(answers)),
            showTextDifference: (input) => this.ask((host) => host.showTextDifference(input)),
          })
    }`;
  }

  private renderCharts(view: ComparisonView): TemplateResult | typeof nothing {
    const { comparison, profiles, first, second } = view;
    if (comparison === null) return nothing;
    const many = 1 < comparison.objectives.length;
    const note = strings.differencesNote[this.measure](second.name, first.name);
    return html`<div
      class="charts ${profiles.length === 0 ? '' : 'two'}"
      @ald-copy=${(event: CopyEvent) => void this.copy(event.detail.text)}
    >
      <section>
        <ald-bar-chart
          .heading=${strings.differences}
          .note=${many ? `${note} ${strings.manyIntervals}` : note}
          .series=${[{ name: '', mark: 'bySign' }]}
          .rows=${differenceRows(view, this.measure)}
          .texts=${{ nameColumn: strings.objective, valueColumn: strings.difference }}
          signed
        >
          <ald-select
            slot="actions"
            .label=${strings.measure}
            .options=${[
              { value: 'contribution', label: strings.measures.contribution },
              { value: 'reward', label: strings.measures.reward },
            ]}
            .value=${this.measure}
            @ald-change=${(event: ChangeEvent) => {
              this.measure = event.detail.value === 'reward' ? 'reward' : 'contribution';
            }}
          ></ald-select>
        </ald-bar-chart>
      </section>
      ${
        profiles.length === 0
          ? nothing
          : html`<section>
              <ald-bar-chart
                .heading=${strings.gate}
                .note=${strings.gateNote(second.name, first.name)}
                .series=${[{ name: '', mark: 'bySign' }]}
                .rows=${profileRows(view)}
                .texts=${{ nameColumn: strings.objective, valueColumn: strings.difference }}
                signed
              ></ald-bar-chart>
            </section>`
      }
    </div>`;
  }

  private toggle(input: number): void {
    const open = new Set(this.open);
    if (!open.delete(input)) open.add(input);
    this.open = open;
  }

  private act(action: ComparisonAction): void {
    const work = this.host === null ? null : this.host.act(action);
    if (copies.includes(action)) void this.status.copy(work);
    else void this.status.attempt(work);
  }

  private ask(work: (host: ComparisonHost) => Promise<unknown>): void {
    void this.status.attempt(this.host === null ? null : work(this.host));
  }

  private async copy(text: string): Promise<void> {
    await this.status.copy(this.host === null ? null : this.host.copyText(text));
  }
}

customElements.define('ald-comparison', AldComparison);
