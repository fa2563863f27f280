import { html, nothing, type TemplateResult } from 'lit';
import type { DatasetOverview, PairCounts, ScoredKind } from '../../src/core/dataset/datasetOverview';
import type { ScoreSummary } from '../../src/core/reward/scoreSummary';
import { describeDuration } from '../../src/core/describeQuantity';
import type { DatasetAction, DatasetView, RunState } from '../../src/protocol/datasetView';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { errorIcon, icon, infoIcon, warningIcon } from '../shared/icon';
import { renderModelLine } from '../shared/modelLine';
import { formatPercent } from '../shared/formatPercent';
import { strings } from './strings';

export interface RunHeaderParams {
  readonly view: DatasetView;
  readonly act: (action: DatasetAction) => void;
}

/** Which file, which model, what has become of the run, and its figures. */
export function renderRunHeader({ view, act }: RunHeaderParams): TemplateResult {
  const { run, actions } = view;
  return html`<header class="top">
      <h1><bdi>${strings.title(run.file)}</bdi></h1>
      <div class="actions">
        ${actions.map(
          (action, index) =>
            html`<ald-button
              kind=${index === 0 && isUnfinished(run.state) ? 'primary' : 'secondary'}
              title=${strings.actionHints[action]}
              @click=${() => act(action)}
              >${strings.actions[action]}</ald-button
            >`,
        )}
      </div>
      ${run.model === null ? nothing : renderModelLine(run.model)}
    </header>
    ${renderState(run.state)} ${view.sourceProblem === null ? nothing : renderBanner('info', view.sourceProblem)}
    ${
      view.problem === null
        ? nothing
        : renderBanner('error', [view.problem.message, view.problem.hint].filter((part) => part !== null).join(': '))
    }
    ${view.overview === null || view.overview.rows === 0 ? nothing : renderFacts(view.overview, run.state)}`;
}

/** The first of its actions is what the user most likely wants. */
function isUnfinished({ kind }: RunState): boolean {
  return kind === 'stopped' || kind === 'interrupted' || kind === 'failed';
}

function renderState(state: RunState): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'done':
      return nothing;
    case 'waiting':
      return html`<p class="state quiet" role="status">${strings.waiting}</p>`;
    case 'running':
      return renderProgress(state.progress);
    case 'stopped':
      return renderBanner('info', strings.stopped);
    case 'interrupted':
      return renderBanner('info', strings.interrupted(state.reason));
    case 'failed':
      return renderBanner('error', [state.message, state.hint].filter((part) => part !== null).join(': '));
  }
}

function renderProgress(progress: Extract<RunState, { kind: 'running' }>['progress']): TemplateResult {
  const share =
    progress?.done === undefined || progress.total === undefined || progress.total === 0
      ? null
      : Math.min(1, progress.done / progress.total);
  const words = [
    ...(share === null ? [] : [strings.share(String(Math.floor(100 * share)))]),
    progress === null ? strings.starting : progress.message,
  ];
  return html`<div class="running">
    <div
      class="bar ${share === null ? 'unknown' : ''}"
      role="progressbar"
      aria-label=${strings.progressLabel}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${share === null ? nothing : Math.floor(100 * share)}
    >
      <svg width="100%" height="4" aria-hidden="true">
        <rect width="100%" height="4" class="track"></rect>
        <rect width="${share === null ? 20 : 100 * share}%" height="4" class="done"></rect>
      </svg>
    </div>
    <p class="quiet number">${words.join(' · ')}</p>
  </div>`;
}

function renderBanner(kind: 'info' | 'error', text: string): TemplateResult {
  const sentence = /[.!?:]$/.test(text) ? text : `${text}.`;
  return html`<div class="banner ${kind}" role=${kind === 'error' ? 'alert' : 'status'}>
    ${icon(kind === 'error' ? errorIcon : infoIcon)}<span>${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}</span>
  </div>`;
}

interface Fact {
  readonly name: string;
  readonly value: string;
  readonly hint: string;
  readonly below?: TemplateResult | string;
}

function renderFacts(overview: DatasetOverview, state: RunState): TemplateResult {
  const { pairs, margins, scores, kinds } = overview;
  const summary = state.kind === 'done' ? state.summary : null;
  const margin = margins?.series[0]?.statistics;
  const score = pairs === null ? scores?.series[0]?.statistics : undefined;
  const facts: readonly (Fact | null)[] = [
    pairs === null ? null : accuracyFact(pairs),
    margin === undefined
      ? null
      : {
          name: strings.meanMargin,
          value: formatNumber(margin.mean, { signed: true }),
          hint: strings.meanMarginHint(String(margin.mean), String(margin.deviation)),
        },
    score === undefined
      ? null
      : {
          name: strings.meanScore,
          value: formatNumber(score.mean),
          hint: strings.meanScoreHint(String(score.mean), String(score.deviation)),
        },
    rowsFact(overview),
    kinds.error === 0 ? null : { name: strings.errors, value: formatCount(kinds.error), hint: strings.errorsHint },
    ...(summary === null ? [tokensFact(overview)] : timeFacts(summary)),
  ];
  return html`<dl class="facts">
    ${facts.map((fact) =>
      fact === null
        ? nothing
        : html`<div>
            <dt>${fact.name}</dt>
            <dd class="big" title=${fact.hint}>${fact.value}</dd>
            ${fact.below === undefined ? nothing : html`<dd class="quiet">${fact.below}</dd>`}
          </div>`,
    )}
  </dl>`;
}

function accuracyFact({ n, wins, ties, accuracy, interval }: PairCounts): Fact {
  return {
    name: strings.accuracy,
    value: formatPercent(accuracy),
    hint: strings.accuracyHint(formatCount(wins), formatCount(n), String(accuracy)),
    below: html`<span title=${strings.intervalHint}
        >${strings.interval(formatPercent(interval.low), formatPercent(interval.high))}</span
      >${ties === 0 ? nothing : html` · <span title=${strings.tiesHint}>${strings.ties(formatCount(ties))}</span>`}`,
  };
}

function rowsFact({ rows, kinds, truncated }: DatasetOverview): Fact {
  const order: readonly ScoredKind[] = ['pair', 'single', 'list', 'error'];
  const parts = order
    .filter((kind) => 0 < kinds[kind])
    .map((kind) => strings.kindCounts[kind](formatCount(kinds[kind])));
  return {
    name: strings.rows,
    value: formatCount(rows),
    hint: strings.rowsHint(parts.join(', ')),
    ...(truncated === 0
      ? {}
      : {
          below: html`<span class="flag" title=${strings.truncatedHint}
            >${icon(warningIcon)}${strings.truncated(formatCount(truncated))}</span
          >`,
        }),
  };
}

function tokensFact({ tokens }: DatasetOverview): Fact {
  return { name: strings.tokens, value: formatCount(tokens), hint: strings.tokensHint(formatCount(tokens)) };
}

function timeFacts({ tokens, seconds, tokensPerSecond, rowsPerSecond }: ScoreSummary): readonly Fact[] {
  const duration: Fact = {
    name: strings.duration,
    value: describeDuration(seconds),
    hint: strings.durationHint(String(seconds)),
  };
  if (tokens === 0) return [duration];
  return [
    {
      name: strings.speed,
      value: `${formatCount(Math.round(tokensPerSecond))} ${strings.speedUnit}`,
      hint: strings.speedHint(String(tokensPerSecond), String(seconds)),
      below: strings.rowsPerSecond(rowsPerSecond.toPrecision(3)),
    },
    {
      ...duration,
      below: html`<span title=${strings.tokensHint(formatCount(tokens))}
        >${formatCount(tokens)} ${strings.tokens.toLowerCase()}</span
      >`,
    },
  ];
}
