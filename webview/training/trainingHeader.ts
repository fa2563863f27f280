import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { TrainingReport } from '../../src/core/training/trainingReport';
import type { HeadRunState, TrainingAction, TrainingView } from '../../src/protocol/trainingView';
import { errorIcon, icon, infoIcon, warningIcon } from '../shared/icon';
import { renderWorkProgress } from '../shared/workProgress';
import { strings } from './strings';

export interface TrainingHeaderParams {
  readonly view: TrainingView;
  readonly act: (action: TrainingAction) => void;
}

/** Which head, what is being done with it, and what can be done. */
export function renderTrainingHeader({ view, act }: TrainingHeaderParams): TemplateResult {
  const { subject, actions, file, isInUse, problem } = view;
  const report = reportOf(view);
  return html`<header class="top">
      <h1>
        <bdi title=${file}>${view.head?.metadata.name ?? report?.name ?? file}</bdi>${
          isInUse ? html` <span class="inUse" title=${strings.inUseHint}>${strings.inUse}</span>` : nothing
        }
      </h1>
      <div class="actions">
        ${repeat(
          actions,
          (action) => action,
          (action, index) =>
            html`<ald-button
              kind=${index === 0 && isPrimary(action) ? 'primary' : 'secondary'}
              title=${strings.actionHints[action]}
              @click=${() => act(action)}
              >${strings.actions[action]}</ald-button
            >`,
        )}
      </div>
      ${renderLine(view, report)}
    </header>
    ${subject.kind === 'head' ? nothing : renderState(subject.state)}
    ${problem === null ? nothing : renderBanner('error', sentenceOf(problem.message, problem.hint))}`;
}

function isPrimary(action: TrainingAction): boolean {
  return action === 'resume' || action === 'useHead';
}

export function reportOf({ subject }: TrainingView): TrainingReport | null {
  return subject.kind === 'training' ? (subject.training?.report ?? null) : null;
}

function renderLine({ subject, head, file }: TrainingView, report: TrainingReport | null): TemplateResult {
  const body = head?.metadata.body ?? null;
  const model = body === null ? (report?.model ?? null) : { name: body.name, hash: body.hash ?? '' };
  const pooling = head?.metadata.pooling ?? report?.pooling ?? null;
  const count = head?.metadata.objectives.length ?? 0;
  return html`<div class="model">
    ${subject.kind === 'training' ? html`<span><bdi>${subject.recipe}</bdi></span>` : nothing}
    ${subject.kind === 'evaluation' ? html`<span><bdi>${subject.inputs.join(', ')}</bdi></span>` : nothing}
    ${subject.kind === 'head' ? html`<span><bdi>${file}</bdi></span>` : nothing}
    ${
      model === null || model.name === ''
        ? nothing
        : html`<span class="quiet" title=${strings.bodyHint(model.hash)}><bdi>${model.name}</bdi></span>`
    }
    ${
      pooling === null
        ? nothing
        : html`<span class="quiet" title=${strings.poolingHint}
            >${pooling.kind === 'last' ? strings.poolingLast : strings.poolingMean},
            ${pooling.layer === 'final' ? strings.layerFinal : strings.layer(String(pooling.layer))}</span
          >`
    }
    ${count === 0 ? nothing : html`<span class="quiet">${objectivesText(count, head?.metadata.gate !== undefined)}</span>`}
    ${
      report === null
        ? nothing
        : html`<span class="quiet" title=${strings.seedHint}>${strings.seed(String(report.seed))}</span>`
    }
  </div>`;
}

function objectivesText(count: number, isGated: boolean): string {
  const text = strings.objectiveCount(count);
  return isGated ? `${text} ${strings.gated}` : text;
}

function renderState(state: HeadRunState): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'done':
      return nothing;
    case 'waiting':
      return html`<p class="state quiet" role="status">${strings.waiting}</p>`;
    case 'running':
      return renderWorkProgress(strings.progressLabel, state.progress ?? { message: strings.starting });
    case 'stopped':
      return renderBanner('info', strings.stopped);
    case 'interrupted':
      return renderBanner('info', strings.interrupted(state.reason));
    case 'failed':
      return renderBanner('error', sentenceOf(state.message, state.hint));
  }
}

/** What has to be known before a figure is believed. */
export function renderWarnings(warnings: readonly string[]): TemplateResult | typeof nothing {
  if (warnings.length === 0) return nothing;
  return html`<ul class="warnings" aria-label=${strings.warnings}>
    ${warnings.map((warning) => html`<li>${icon(warningIcon)}<span>${sentenceOf(warning, null)}</span></li>`)}
  </ul>`;
}

function renderBanner(kind: 'info' | 'error', text: string): TemplateResult {
  return html`<div class="banner ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    ${icon(kind === 'error' ? errorIcon : infoIcon)}<span>${text}</span>
  </div>`;
}

/** Messages are without capital and full stop; names and paths are spelled as they are. */
function sentenceOf(message: string, hint: string | null): string {
  const text = hint === null ? message : `${message}: ${hint}`;
  const first = /^\p{Ll}+[ ,]/u.test(text) ? text.charAt(0).toUpperCase() : text.charAt(0);
  return `${first}${text.slice(1)}${/[.!?:]$/.test(text) ? '' : '.'}`;
}
