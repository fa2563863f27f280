import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { TrainingReport, TrainingState } from '../../src/core/training/trainingReport';
import type { TrainingAction, TrainingView } from '../../src/protocol/trainingView';
import { AfterFirstFrame } from '../shared/afterFirstFrame';
import type { CopyEvent } from '../shared/charts/chartFrame';
import { pageLayout } from '../shared/pageLayout';
import { PageStatus } from '../shared/pageStatus';
import { pageStyles } from '../shared/pageStyles';
import { workProgressStyles } from '../shared/workProgress';
import { renderData } from './dataPart';
import { renderEvaluation } from './evaluationParts';
import { renderFigureTable } from './figureTable';
import { renderHead } from './headPart';
import { rowOfReport } from './reportRows';
import { renderStages } from './stageList';
import { strings } from './strings';
import { renderGate, renderPreference, renderRounds, renderVerbosity } from './trainedParts';
import { renderTrainingHeader, renderWarnings } from './trainingHeader';
import { trainingStyles } from './trainingStyles';

/** What the page asks of the extension; every promise is rejected when the extension could not do it. */
export interface TrainingHost {
  act(action: TrainingAction): Promise<unknown>;
  copyText(text: string): Promise<unknown>;
}

/** The page of a head: how it is trained, what it is, how good it is. */
export class AldTraining extends LitElement {
  static override properties = {
    view: { attribute: false },
  };

  static override styles = [pageStyles, pageLayout, workProgressStyles, trainingStyles];

  host: TrainingHost | null = null;
  view: TrainingView | null = null;
  private readonly status = new PageStatus(this);
  /** Of the first picture: what is below the first figures. */
  private readonly rest = new AfterFirstFrame(this);

  /** Draws what the extension sent. */
  show(view: TrainingView): void {
    this.view = view;
  }

  protected override render(): TemplateResult {
    return html`<main @ald-copy=${(event: CopyEvent) => void this.copy(event.detail.text)}>
        ${this.view === null ? nothing : this.renderView(this.view)}
      </main>
      ${this.status.render()}`;
  }

  private renderView(view: TrainingView): TemplateResult {
    return html`${renderTrainingHeader({ view, act: (action) => this.act(action) })} ${this.renderSubject(view)}`;
  }

  private renderSubject({ subject, head }: TrainingView): TemplateResult | typeof nothing {
    switch (subject.kind) {
      case 'head':
        return head === null ? nothing : renderHead(head);
      case 'evaluation':
        return subject.evaluation === null
          ? nothing
          : html`${renderWarnings(subject.evaluation.warnings)} ${renderEvaluation(subject.evaluation)}`;
      case 'training':
        return subject.training === null
          ? html`<p class="quiet state">${strings.nothingYet}</p>`
          : this.renderTraining(subject.training, subject.state.kind === 'done');
    }
  }

  private renderTraining({ stages, report }: TrainingState, isDone: boolean): TemplateResult {
    const { gate, preference, verbosity, semiSupervised, objectives, data } = report;
    return html`${isDone ? nothing : renderStages(stages)} ${renderWarnings(report.warnings)}
    ${gate === null ? nothing : renderGate(gate)} ${preference === null ? nothing : renderPreference(preference)}
    ${renderFigureTable({
      heading: strings.objectives,
      note: strings.objectivesNote,
      rows: objectives.map(rowOfReport),
    })}
    ${
      this.rest.isReached
        ? html`${semiSupervised === null ? nothing : renderRounds(semiSupervised)}
          ${verbosity === null ? nothing : renderVerbosity(verbosity)} ${renderChecks(report)} ${renderData(data)}`
        : this.rest.await()
    }`;
  }

  private act(action: TrainingAction): void {
    void this.status.attempt(this.host === null ? null : this.host.act(action));
  }

  private async copy(text: string): Promise<void> {
    await this.status.copy(this.host === null ? null : this.host.copyText(text));
  }
}

function renderChecks({ checks }: TrainingReport): readonly TemplateResult[] {
  return checks.map(
    ({ name, evaluation }) =>
      html`<h2 class="checkTitle">${strings.checks(name)}</h2>
        <p class="quiet note">${strings.checkNote}</p>
        ${renderWarnings(evaluation.warnings)} ${renderEvaluation(evaluation, name)}`,
  );
}

customElements.define('ald-training', AldTraining);
