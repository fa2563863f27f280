import { html, nothing, type TemplateResult } from 'lit';
import { describeDuration } from '../../src/core/describeQuantity';
import type { MergePreviewAction, ScoreInput, ScoreView, TrialView } from '../../src/protocol/mergePreviewView';
import type { PointEvent, ScatterPoint, ScatterTexts } from '../shared/charts/scatter';
import { formatNumber } from '../shared/formatNumber';
import { closeIcon, icon, warningIcon } from '../shared/icon';
import { renderWorkProgress } from '../shared/workProgress';
import { formatRatio } from './formatRatio';
import { renderFailure } from './planHeader';
import { strings } from './strings';

export interface ScorePartParams {
  readonly score: ScoreView;
  readonly actions: readonly MergePreviewAction[];
  readonly act: (action: MergePreviewAction) => void;
  readonly choose: (input: ScoreInput) => void;
  readonly drop: (input: ScoreInput) => void;
  readonly setFollows: (follows: boolean) => void;
  readonly restore: (trial: number) => void;
}

const inputs: readonly ScoreInput[] = ['rows', 'prompts', 'texts'];
const scoreActions: readonly MergePreviewAction[] = ['score', 'stopScore'];

/** What the merged model is like, without writing it: figures of the recipe as it is, and all points tried so far. */
export function renderScorePart(params: ScorePartParams): TemplateResult {
  const { score, actions, act } = params;
  return html`<section class="part score" aria-labelledby="score">
    <header class="bar">
      <h2 id="score">${strings.score}</h2>
      <div class="tools">
        <label class="follows"
          ><input
            type="checkbox"
            .checked=${score.follows}
            @change=${(event: Event) => params.setFollows((event.target as HTMLInputElement).checked)}
          />${strings.follows}</label
        >
        ${scoreActions
          .filter((action) => actions.includes(action))
          .map(
            (action) =>
              html`<ald-button kind="secondary" title=${strings.actionHints[action]} @click=${() => act(action)}
                >${strings.actions[action]}</ald-button
              >`,
          )}
      </div>
    </header>
    <p class="note">${strings.scoreNote}</p>
    <dl class="inputs">${inputs.map((input) => renderInput(input, params))}</dl>
    ${score.work.kind === 'running' ? renderWorkProgress(strings.measuring, score.work.progress) : nothing}
    ${score.work.kind === 'failed' ? renderFailure(score.work) : nothing} ${renderMeasurement(score)}
    ${score.trials.length === 0 ? nothing : renderPlane(params)}
  </section>`;
}

function renderInput(input: ScoreInput, { score, choose, drop }: ScorePartParams): TemplateResult {
  const file = score.inputs[input];
  const name = strings.inputs[input];
  return html`<div>
    <dt title=${strings.inputHints[input]}>${name}</dt>
    <dd>
      ${file === null ? html`<span class="quiet">${strings.none}</span>` : html`<bdi>${file}</bdi>`}
      <button class="link" aria-label=${strings.chooseOf(name)} @click=${() => choose(input)}>${strings.choose}</button>
      ${
        file === null
          ? nothing
          : html`<ald-button kind="icon" .label=${strings.drop(name)} @click=${() => drop(input)}
              >${icon(closeIcon)}</ald-button
            >`
      }
    </dd>
  </div>`;
}

function renderMeasurement({ measurement, inputs: chosen, work, trials }: ScoreView): TemplateResult | typeof nothing {
  if (measurement === null) {
    if (work.kind !== 'idle') return nothing;
    if (Object.values(chosen).every((file) => file === null)) {
      return html`<p class="quiet state">${strings.chooseFirst}</p>`;
    }
    return trials.length === 0 ? nothing : html`<p class="quiet state">${strings.notMeasured}</p>`;
  }
  const { reward, perplexity, mergedTensors, mergeMilliseconds, milliseconds } = measurement;
  const kind = reward?.isOfGenerated === true ? 'generated' : 'given';
  return html`<dl class="facts">
    ${
      reward === null
        ? nothing
        : html`<div>
            <dt>${strings.reward}</dt>
            <dd class="big" title=${strings.rewardHint[kind](String(reward.mean), reward.rows, reward.model)}>
              ${formatNumber(reward.mean)}
            </dd>
            <dd class="quiet">${strings.rewardOf[kind]}</dd>
            ${
              reward.errorCount === 0
                ? nothing
                : html`<dd class="flag" title=${reward.errors.join('\n')}>
                    ${icon(warningIcon)}${strings.rowErrors(reward.errorCount)}
                  </dd>`
            }
          </div>`
    }
    ${
      perplexity === null
        ? nothing
        : html`<div>
            <dt>${strings.perplexity}</dt>
            <dd class="big" title=${strings.perplexityHint(String(perplexity.perplexity), perplexity.tokens)}>
              ${formatNumber(perplexity.perplexity)}
            </dd>
            <dd class="quiet">${strings.tokens(perplexity.tokens)}</dd>
          </div>`
    }
    <div>
      <dt>${strings.took}</dt>
      <dd class="big" title=${strings.tookHint(mergedTensors, secondsOf(mergeMilliseconds))}>
        ${secondsOf(milliseconds)}
      </dd>
    </div>
  </dl>`;
}

/** Points that have both figures; the others have no place on the plane. */
function renderPlane({ score, actions, act, restore }: ScorePartParams): TemplateResult {
  const drawn = score.trials.flatMap((trial, index) =>
    trial.reward === null || trial.perplexity === null
      ? []
      : [{ index, point: pointOf(trial, trial.reward, trial.perplexity) }],
  );
  if (drawn.length === 0) return html`<p class="quiet state">${strings.oneMeasure}</p>`;
  return html`<ald-scatter
    class="plane"
    .heading=${strings.plane}
    .note=${strings.planeNote}
    .points=${drawn.map(({ point }) => point)}
    .texts=${scatterTexts}
    @ald-point=${(event: PointEvent) => {
      const chosen = drawn[event.detail.index];
      if (chosen !== undefined) restore(chosen.index);
    }}
  >
    ${
      actions.includes('forgetTrials')
        ? html`<button
            class="link"
            slot="actions"
            title=${strings.actionHints.forgetTrials}
            @click=${() => act('forgetTrials')}
          >
            ${strings.actions.forgetTrials}
          </button>`
        : nothing
    }
  </ald-scatter>`;
}

function pointOf({ ratios, onFront, current }: TrialView, reward: number, perplexity: number): ScatterPoint {
  return {
    x: perplexity,
    y: reward,
    name: ratios === null ? strings.otherRecipe : strings.ratiosOf(ratiosText(ratios)),
    isOnFront: onFront,
    isCurrent: current,
  };
}

function ratiosText(ratios: readonly number[]): string {
  const shown = ratios.slice(0, 8).map(formatRatio).join(', ');
  return ratios.length <= 8 ? shown : `${shown}, …`;
}

const scatterTexts: ScatterTexts = {
  nameColumn: strings.ratios,
  xAxis: strings.perplexityAxis,
  yAxis: strings.rewardAxis,
  front: strings.onFront,
  other: strings.notOnFront,
  current: strings.current,
  choose: strings.putBack,
  value: (value) => formatNumber(value),
};

function secondsOf(milliseconds: number): string {
  return milliseconds < 60_000
    ? strings.seconds((milliseconds / 1000).toFixed(2))
    : describeDuration(milliseconds / 1000);
}
