import { html, nothing, type TemplateResult } from 'lit';
import type {
  Calibration,
  HeadEvaluation,
  ObjectiveEvaluation,
  PairEvaluation,
} from '../../src/core/training/evaluation/headEvaluation';
import '../shared/charts/lineChart';
import { formatCount } from '../shared/formatCount';
import { formatPercent } from '../shared/formatPercent';
import { renderAccuracyBars } from './accuracyBars';
import { formatFigure, renderFigureTable } from './figureTable';
import { rowOfEvaluation } from './reportRows';
import { strings } from './strings';

/** A heading that no other part of the page has. */
type Naming = (heading: string) => string;

const percent = (share: number): string => formatPercent(share);

/**
 * How good a head is on labelled rows: figures, baselines, subsets, calibration, objectives, groups.
 * @param check its name where there are several evaluations on the page.
 */
export function renderEvaluation(evaluation: HeadEvaluation, check: string | null = null): TemplateResult {
  const named = (heading: string): string => (check === null ? heading : `${heading}, ${check}`);
  const { pairs, objectives } = evaluation;
  return html`${renderFacts(evaluation)}
  ${
    pairs === null || pairs.n === 0
      ? nothing
      : html`<div class="pair part">${renderBaselines(pairs)} ${renderCalibration(pairs.calibration)}</div>
          <div class="tables">${renderSubsets(pairs, named)} ${renderRewardBench(pairs, named)}</div>`
  }
  ${renderFigureTable({
    heading: strings.objectives,
    label: named(strings.objectives),
    note: strings.evaluationObjectivesNote,
    rows: objectives.map(rowOfEvaluation),
  })}
  ${objectives.map((objective) => renderGroups(objective, named))}`;
}

function renderFacts({ rows, errors, pairs }: HeadEvaluation): TemplateResult {
  return html`<dl class="facts">
    ${
      pairs === null || pairs.n === 0
        ? nothing
        : html`<div>
              <dt>${strings.accuracy}</dt>
              <dd class="big" title="${pairs.accuracy}">${percent(pairs.accuracy)}</dd>
              <dd class="quiet">
                <span title=${strings.intervalHint}
                  >${strings.interval(percent(pairs.interval.low), percent(pairs.interval.high))}</span
                >${
                  pairs.ties === 0
                    ? nothing
                    : html` · <span title=${strings.tiesHint}>${strings.ties(formatCount(pairs.ties))}</span>`
                }
              </dd>
            </div>
            <div>
              <dt>${strings.overLength}</dt>
              <dd class="big" title="${strings.overLengthHint}: ${pairs.overLength.difference}">
                ${points(pairs.overLength.difference)}
              </dd>
              <dd class="quiet" title=${strings.intervalHint}>
                ${strings.interval(points(pairs.overLength.interval.low), points(pairs.overLength.interval.high))}
                ${strings.points}
              </dd>
            </div>
            <div>
              <dt>${strings.lengthControlled}</dt>
              <dd
                class="big"
                title=${strings.lengthControlledHint(
                  known(pairs.lengthControlled.whereLonger),
                  known(pairs.lengthControlled.whereShorter),
                )}
              >
                ${known(pairs.lengthControlled.accuracy)}
              </dd>
            </div>
            <div>
              <dt>${strings.calibrationError}</dt>
              <dd class="big" title="${strings.calibrationErrorHint}: ${pairs.calibration.error}">
                ${formatFigure(pairs.calibration.error)}
              </dd>
              <dd class="quiet" title="${strings.brierHint}: ${pairs.calibration.brier}">
                ${strings.brier} ${formatFigure(pairs.calibration.brier)}
              </dd>
            </div>`
    }
    <div>
      <dt>${pairs === null ? strings.rows : strings.pairs}</dt>
      <dd class="big">${formatCount(pairs?.n ?? rows)}</dd>
      ${errors === 0 ? nothing : html`<dd class="quiet" title=${strings.errorsHint}>${strings.errors(formatCount(errors))}</dd>`}
    </div>
  </dl>`;
}

function renderBaselines({ n, accuracy, interval, baselines, lengthControlled }: PairEvaluation): TemplateResult {
  const { length, words } = baselines;
  return renderAccuracyBars(strings.accuracy, strings.pairsAccuracyNote, [
    { name: strings.head, description: strings.headWins, isHead: true, accuracy, interval, n },
    { name: strings.lengthAlone, description: strings.prefers[length.prefers], ...length, n },
    ...(words === null ? [] : [{ name: strings.wordsAlone, description: strings.wordsWin, ...words, n }]),
    ...(lengthControlled.accuracy === null
      ? []
      : [
          {
            name: strings.lengthControlled,
            description: strings.lengthControlledHint(
              known(lengthControlled.whereLonger),
              known(lengthControlled.whereShorter),
            ),
            isHead: true,
            accuracy: lengthControlled.accuracy,
            interval: null,
            n: null,
          },
        ]),
  ]);
}

/** Bins that hold pairs, against the line on which they should lie. */
function renderCalibration({ bins }: Calibration): TemplateResult | typeof nothing {
  const filled = bins.filter(({ n }) => 0 < n);
  if (filled.length === 0) return nothing;
  const counts = new Map(filled.map(({ confidence, n }) => [confidence, n]));
  const low = filled.every(({ confidence, accuracy }) => 0.5 <= confidence && 0.5 <= accuracy) ? 0.5 : 0;
  const place = (confidence: number): string => {
    const n = counts.get(confidence);
    const name = strings.binAt(percent(confidence));
    return n === undefined ? name : `${name} · ${formatCount(n)} ${strings.pairs}`;
  };
  return html`<ald-line-chart
    .heading=${strings.calibration}
    .note=${strings.calibrationNote}
    .at=${filled.map(({ confidence }) => confidence)}
    .range=${{ low, high: 1 }}
    .series=${[
      { name: strings.share, mark: 'solid', values: filled.map(({ accuracy }) => accuracy) },
      { name: strings.perfect, mark: 'reference', values: filled.map(({ confidence }) => confidence) },
    ]}
    .texts=${{ xAxis: strings.confidence, place, value: percent, marker: '' }}
  ></ald-line-chart>`;
}

function renderRewardBench({ rewardBench }: PairEvaluation, named: Naming): TemplateResult | typeof nothing {
  if (rewardBench === null) return nothing;
  const { sections, score, countVersion } = rewardBench;
  return html`<section class="part">
    <h2>${strings.rewardBench}</h2>
    <p class="quiet note">${strings.rewardBenchNote(countVersion)}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${named(strings.rewardBench)}>
      <table class="fit">
        <caption class="hidden">
          ${strings.rewardBench}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.section}</th>
            <th scope="col" class="value">${strings.accuracy}</th>
          </tr>
        </thead>
        <tbody>
          ${Object.entries(sections).map(
            ([name, accuracy]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="value" title=${String(accuracy)}>${percent(accuracy)}</td>
              </tr>`,
          )}
          <tr class="total">
            <th scope="row">${strings.total}</th>
            <td class="value" title=${score === null ? nothing : String(score)}>
              ${score === null ? html`<span class="quiet">${strings.incomplete}</span>` : percent(score)}
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderSubsets({ subsets }: PairEvaluation, named: Naming): TemplateResult | typeof nothing {
  if (subsets.length < 2) return nothing;
  return html`<section class="part">
    <h2>${strings.subsets}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${named(strings.subsets)}>
      <table class="fit">
        <caption class="hidden">
          ${strings.subsets}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.subset}</th>
            <th scope="col" class="value">${strings.pairs}</th>
            <th scope="col" class="value">${strings.accuracy}</th>
            <th scope="col" class="spread" title=${strings.intervalHint}>95 %</th>
          </tr>
        </thead>
        <tbody>
          ${subsets.map(
            ({ name, n, accuracy, interval }) =>
              html`<tr>
                <th scope="row"><bdi>${name}</bdi></th>
                <td class="value">${formatCount(n)}</td>
                <td class="value strong" title=${String(accuracy)}>${percent(accuracy)}</td>
                <td class="spread quiet" title=${strings.intervalHint}>
                  ${strings.interval(percent(interval.low), percent(interval.high))}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** Whose rows are called wrongly, and which way. */
function renderGroups(
  { objective, groups, threshold }: ObjectiveEvaluation,
  named: Naming,
): TemplateResult | typeof nothing {
  if (groups.length === 0) return nothing;
  const heading = strings.groups(objective);
  return html`<section class="part">
    <h2>${heading}</h2>
    ${threshold === null ? nothing : html`<p class="quiet note">${strings.groupsNote(String(threshold))}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${named(heading)}>
      <table class="fit">
        <caption class="hidden">
          ${heading}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.group}</th>
            <th scope="col" class="value">${strings.negatives}</th>
            <th scope="col" class="value" title=${strings.falsePositivesHint}>${strings.falsePositives}</th>
            <th scope="col" class="value">${strings.positives}</th>
            <th scope="col" class="value" title=${strings.falseNegativesHint}>${strings.falseNegatives}</th>
          </tr>
        </thead>
        <tbody>
          ${groups.map(
            ({ group, negatives, positives, falsePositiveRate, falseNegativeRate }) =>
              html`<tr>
                <th scope="row"><bdi>${group}</bdi></th>
                <td class="value">${formatCount(negatives)}</td>
                ${renderRate(falsePositiveRate)}
                <td class="value">${formatCount(positives)}</td>
                ${renderRate(falseNegativeRate)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function renderRate(rate: number | null): TemplateResult {
  return rate === null
    ? html`<td class="value quiet">${strings.none}</td>`
    : html`<td class="value" title=${String(rate)}>${percent(rate)}</td>`;
}

function known(share: number | null): string {
  return share === null ? strings.unknown : percent(share);
}

/** Percentage points with a sign. */
function points(difference: number): string {
  const text = (100 * difference).toFixed(1).replace('-', '−');
  return 0 < difference ? `+${text}` : text;
}
