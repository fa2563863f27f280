import { html, nothing, type TemplateResult } from 'lit';
import type { RecordedGeneration } from '../../src/core/comparison/comparisonRecord';
import type { Progress } from '../../src/core/jobContext';
import type { ComparisonAction, ComparisonView, Side } from '../../src/protocol/comparisonView';
import { copyIcon, errorIcon, icon, infoIcon, jsonIcon, warningIcon } from '../shared/icon';
import { renderModelLine } from '../shared/modelLine';
import { strings } from './strings';

export interface HeaderParams {
  readonly view: ComparisonView;
  readonly act: (action: ComparisonAction) => void;
  readonly openVersion: (side: Side) => void;
}

const pictures: Partial<Record<ComparisonAction, string>> = { copyJson: jsonIcon, copyCsv: copyIcon };

/** Which versions, who answered, who scored, and what has become of it. */
export function renderHeader({ view, act, openVersion }: HeaderParams): TemplateResult {
  const { state, generation, model, stale, notes, actions } = view;
  return html`<header class="top">
      <h1><bdi>${strings.title(view.title)}</bdi></h1>
      <div class="actions">
        ${actions.map((action, index) => renderAction(action, index === 0 && isWaitingForUser(view), act))}
      </div>
      <ul class="versions" aria-label=${strings.versions}>
        ${(['first', 'second'] as const).map((side) => {
          const { name, detail } = view[side];
          return html`<li>
            <button class="link" title=${strings.openVersion(name)} @click=${() => openVersion(side)}>
              <bdi>${name}</bdi></button
            ><span class="quiet detail"><bdi>${detail}</bdi></span>
          </li>`;
        })}
      </ul>
      ${generation === null ? nothing : renderGeneration(generation)}
      ${model === null ? nothing : renderModelLine(model)}
    </header>
    ${renderState(view)} ${stale === null || state.kind === 'idle' ? nothing : renderBanner('warning', stale)}
    ${
      notes.length === 0
        ? nothing
        : html`<ul class="notes" aria-label=${strings.notes}>
            ${notes.map((note) => html`<li>${icon(infoIcon)}<span>${note}</span></li>`)}
          </ul>`
    }`;
}

/** Then the first action is what the user most likely wants. */
function isWaitingForUser({ state, stale }: ComparisonView): boolean {
  return state.kind === 'idle' || state.kind === 'stopped' || state.kind === 'failed' || stale !== null;
}

function renderAction(
  action: ComparisonAction,
  isPrimary: boolean,
  act: (action: ComparisonAction) => void,
): TemplateResult {
  const picture = pictures[action];
  if (picture !== undefined) {
    return html`<ald-button kind="icon" .label=${strings.actions[action]} @click=${() => act(action)}
      >${icon(picture)}</ald-button
    >`;
  }
  return html`<ald-button
    kind=${isPrimary ? 'primary' : 'secondary'}
    title=${strings.actionHints[action]}
    @click=${() => act(action)}
    >${strings.actions[action]}</ald-button
  >`;
}

function renderGeneration(generation: RecordedGeneration): TemplateResult {
  const { label, answers, temperature, maxNewTokens, seed } = generation;
  return html`<div class="model">
    <span><bdi>${strings.answersBy(label)}</bdi></span>
    <span class="quiet" title=${strings.answersEachHint}>${strings.answersEach(answers)}</span>
    <span class="quiet">${strings.temperature(String(temperature))}</span>
    <span class="quiet">${strings.maxNewTokens(maxNewTokens)}</span>
    <span class="quiet" title=${strings.seedHint}>${strings.seed(seed)}</span>
  </div>`;
}

function renderState({ state }: ComparisonView): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'done':
      return nothing;
    case 'idle':
      return renderBanner('info', strings.idle);
    case 'stopped':
      return renderBanner('info', strings.stopped);
    case 'running':
      return renderProgress(state.progress);
    case 'failed':
      return renderBanner('error', state.hint === null ? state.message : `${state.message}: ${state.hint}`);
  }
}

function renderProgress({ message, done, total }: Progress): TemplateResult {
  const share = done === undefined || total === undefined || total === 0 ? null : Math.min(1, done / total);
  const percent = share === null ? null : String(Math.floor(100 * share));
  return html`<div class="running">
    <div
      role="progressbar"
      aria-label=${strings.progressLabel}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${percent ?? nothing}
    >
      <svg width="100%" height="4" aria-hidden="true">
        <rect width="100%" height="4" class="track"></rect>
        <rect width="${share === null ? 0 : 100 * share}%" height="4" class="done"></rect>
      </svg>
    </div>
    <p class="quiet number">${percent === null ? nothing : html`${strings.percent(percent)} · `}${message}</p>
  </div>`;
}

function renderBanner(kind: 'info' | 'warning' | 'error', text: string): TemplateResult {
  const sentence = kind === 'error' ? sentenceOf(text) : text;
  const picture = { info: infoIcon, warning: warningIcon, error: errorIcon }[kind];
  return html`<div class="banner ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    ${icon(picture)}<span>${sentence}</span>
  </div>`;
}

/** Messages of errors are without capital and full stop; names and addresses are spelled as they are. */
function sentenceOf(message: string): string {
  const first = /^\p{Ll}+[ ,]/u.test(message) ? message.charAt(0).toUpperCase() : message.charAt(0);
  return `${first}${message.slice(1)}${/[.!?:]$/.test(message) ? '' : '.'}`;
}
