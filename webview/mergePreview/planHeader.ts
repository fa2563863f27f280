import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type {
  MergePreviewAction,
  MergePreviewState,
  ProblemView,
  StageView,
} from '../../src/protocol/mergePreviewView';
import { errorIcon, icon, infoIcon, lockIcon, unlockIcon, warningIcon } from '../shared/icon';
import { renderWorkProgress } from '../shared/workProgress';
import { strings } from './strings';

export type RecipeState = Extract<MergePreviewState, { kind: 'recipe' }>;

export interface PlanHeaderParams {
  readonly state: RecipeState;
  /** The document that is shown; null: there is no plan. */
  readonly stage: StageView | null;
  readonly locked: boolean;
  readonly act: (action: MergePreviewAction) => void;
  readonly toggleLock: () => void;
  readonly reveal: (problem: ProblemView) => void;
}

const headActions: readonly MergePreviewAction[] = ['merge', 'search', 'stopSearch'];
const pictures = { error: errorIcon, warning: warningIcon, information: infoIcon };

/** Which recipe, what can be done with it, and what is wrong with it. */
export function renderPlanHeader({ state, stage, locked, act, toggleLock, reveal }: PlanHeaderParams): TemplateResult {
  const actions = headActions.filter((action) => state.actions.includes(action));
  return html`<header class="top">
      <h1>
        <button class="link" title=${strings.openRecipe(state.file)} @click=${() => act('openRecipe')}>
          <bdi>${state.file}</bdi>
        </button>
      </h1>
      <div class="actions">
        ${repeat(
          actions,
          (action) => action,
          (action) =>
            html`<ald-button
              kind=${action === 'merge' ? 'primary' : 'secondary'}
              title=${strings.actionHints[action]}
              @click=${() => act(action)}
              >${strings.actions[action]}</ald-button
            >`,
        )}
        <ald-button kind="icon" .label=${locked ? strings.unlock : strings.lock} .pressed=${locked} @click=${toggleLock}
          >${icon(locked ? lockIcon : unlockIcon)}</ald-button
        >
      </div>
      ${stage === null ? nothing : renderStageLine(stage)}
    </header>
    ${state.isReading ? html`<p class="quiet state" role="status">${strings.reading}</p>` : nothing}
    ${state.failure === null ? nothing : renderFailure(state.failure)}
    ${state.searching.kind === 'running' ? renderWorkProgress(strings.searching, state.searching.progress) : nothing}
    ${state.searching.kind === 'failed' ? renderFailure(state.searching) : nothing}
    ${state.stale && state.plan !== null ? renderBanner('info', strings.stale) : nothing}
    ${state.problems.length === 0 ? nothing : renderProblems(state.problems, reveal)}
    ${
      state.plan === null && !state.isReading && state.problems.some(({ severity }) => severity === 'error')
        ? html`<p class="quiet state">${strings.noPlan}</p>`
        : nothing
    }`;
}

function renderStageLine({ method, dtype, models }: StageView): TemplateResult {
  return html`<div class="model">
    <span title=${strings.methodHint}>${method}</span>
    <span class="quiet" title=${strings.dtypeHint}>${dtype}</span>
    ${models.map(({ name, path }) => html`<span class="quiet" title=${path}><bdi>${name}</bdi></span>`)}
  </div>`;
}

function renderProblems(problems: readonly ProblemView[], reveal: (problem: ProblemView) => void): TemplateResult {
  return html`<ul class="problems" aria-label=${strings.problems}>
    ${problems.map(
      (problem) =>
        html`<li class=${problem.severity}>
          ${icon(pictures[problem.severity])}
          <button class="link" title=${strings.goTo(problem.message, problem.line)} @click=${() => reveal(problem)}>
            <span class="hidden">${strings.severities[problem.severity]}: </span>${sentenceOf(problem.message)}
            <span class="quiet">${strings.line(problem.line)}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}

export function renderFailure({
  message,
  hint,
}: {
  readonly message: string;
  readonly hint: string | null;
}): TemplateResult {
  return renderBanner('error', sentenceOf(hint === null ? message : `${message}: ${hint}`));
}

function renderBanner(kind: 'info' | 'error', text: string): TemplateResult {
  return html`<div class="banner ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    ${icon(kind === 'error' ? errorIcon : infoIcon)}<span>${text}</span>
  </div>`;
}

/** Messages are without capital and full stop; names and paths are spelled as they are. */
export function sentenceOf(message: string): string {
  const first = /^\p{Ll}+[ ,]/u.test(message) ? message.charAt(0).toUpperCase() : message.charAt(0);
  return `${first}${message.slice(1)}${/[.!?:]$/.test(message) ? '' : '.'}`;
}
