import { html, nothing, type TemplateResult } from 'lit';
import type {
  GateReport,
  PreferenceReport,
  SemiSupervisedReport,
  TrainingPoint,
  VerbosityReport,
} from '../../src/core/training/trainingReport';
import '../shared/charts/lineChart';
import { formatCount } from '../shared/formatCount';
import { formatNumber } from '../shared/formatNumber';
import { formatPercent } from '../shared/formatPercent';
import { icon, warningIcon } from '../shared/icon';
import { renderAccuracyBars, type RatedBy } from './accuracyBars';
import { formatFigure } from './figureTable';
import { strings } from './strings';

const percent = (share: number): string => formatPercent(share);

/** Live while it is trained: loss and held-out accuracy by step. */
export function renderCurve(curve: readonly TrainingPoint[], best: number | null): TemplateResult | typeof nothing {
  if (curve.length === 0) return nothing;
  const at = curve.map(({ step }) => step);
  const texts = {
    xAxis: strings.step,
    place: (step: number) => strings.stepAt(formatCount(step)),
    marker: strings.kept,
  };
  const hasAccuracy = curve.some(({ heldOutAccuracy }) => heldOutAccuracy !== null);
  return html`<div class="pair">
    <ald-line-chart
      .heading=${strings.loss}
      .note=${strings.lossNote}
      .at=${at}
      .marked=${best}
      .series=${[
        { name: strings.trainingLoss, mark: 'dashed', values: curve.map(({ loss }) => loss) },
        { name: strings.heldOutLoss, mark: 'solid', values: curve.map(({ heldOutLoss }) => heldOutLoss) },
      ]}
      .texts=${{ ...texts, value: (value: number) => formatNumber(value) }}
    ></ald-line-chart>
    ${
      hasAccuracy
        ? html`<ald-line-chart
            .heading=${strings.heldOutAccuracy}
            .note=${strings.accuracyNote}
            .at=${at}
            .marked=${best}
            .series=${[
              {
                name: strings.heldOutAccuracy,
                mark: 'solid',
                values: curve.map(({ heldOutAccuracy }) => heldOutAccuracy),
              },
            ]}
            .texts=${{ ...texts, value: percent }}
          ></ald-line-chart>`
        : nothing
    }
  </div>`;
}

export function renderGate(gate: GateReport): TemplateResult {
  const { pairs, heldOutPairs, curve, bestStep, accuracy, equalWeights, lengthAlone, meanGates } = gate;
  return html`<section class="part">
    <h2>${strings.gate}</h2>
    <p class="quiet note">${strings.gateNote(formatCount(pairs), formatCount(heldOutPairs))}</p>
    ${renderCurve(curve, bestStep)}
    <div class="pair">
      ${
        accuracy.n === 0
          ? nothing
          : renderAccuracyBars(strings.accuracy, strings.accuracyNote, [
              { name: strings.head, isHead: true, ...accuracy },
              { name: strings.equalWeights, description: strings.equalWeightsHint, ...equalWeights },
              { name: strings.lengthAlone, description: strings.lengthAloneHint, ...lengthAlone },
            ])
      }
      ${
        meanGates.length === 0
          ? nothing
          : html`<ald-bar-chart
              .heading=${strings.meanGates}
              .note=${strings.meanGatesNote}
              .series=${[{ name: '', mark: 'plain' }]}
              .rows=${meanGates.map(({ objective, gate: weight }) => ({
                name: objective,
                values: [{ value: weight, words: strings.meanGateWords }],
              }))}
              .texts=${{ nameColumn: strings.objective, valueColumn: strings.weight }}
            ></ald-bar-chart>`
      }
    </div>
  </section>`;
}

export function renderPreference(report: PreferenceReport): TemplateResult {
  const { pairs, heldOutPairs, accuracy, lengthAlone, wordsAlone } = report;
  const raters: readonly RatedBy[] = [
    { name: strings.head, isHead: true, ...accuracy },
    { name: strings.lengthAlone, description: strings.lengthAloneHint, ...lengthAlone },
    ...(wordsAlone === null ? [] : [{ name: strings.wordsAlone, description: strings.wordsAloneHint, ...wordsAlone }]),
  ];
  return html`<section class="part narrow">
    <h2>${strings.preference}</h2>
    <p class="quiet note">${strings.preferenceNote(formatCount(pairs), formatCount(heldOutPairs))}</p>
    ${renderAccuracyBars(strings.accuracy, strings.accuracyNote, raters)}
  </section>`;
}

/** The correction for length: λ of each objective, before and after. */
export function renderVerbosity({ objective, threshold, responses, rows }: VerbosityReport): TemplateResult {
  return html`<section class="part">
    <h2>${strings.verbosity}</h2>
    <p class="quiet note">${strings.verbosityNote(objective, String(threshold), formatCount(responses))}</p>
    <div class="scroll" tabindex="0" role="region" aria-label=${strings.verbosity}>
      <table class="fit">
        <caption class="hidden">
          ${strings.verbosity}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.objective}</th>
            <th scope="col" class="value">${strings.before}</th>
            <th scope="col" class="value">${strings.lambda}</th>
            <th scope="col" class="value">${strings.after}</th>
            <th scope="col"><span class="hidden">${strings.notReached}</span></th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ objective: name, before, lambda, after, isReached }) =>
              html`<tr>
                <th scope="row"><bdi>${name}</bdi></th>
                <td class="value" title=${String(before)}>${formatFigure(before)}</td>
                <td class="value" title=${String(lambda)}>${Number(lambda.toFixed(4))}</td>
                <td class="value" title=${String(after)}>${formatFigure(after)}</td>
                <td>
                  ${
                    isReached
                      ? nothing
                      : html`<span class="flag" title=${strings.notReachedHint}
                          >${icon(warningIcon)}${strings.notReached}</span
                        >`
                  }
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

/** SSRM: what each round kept of the unlabelled pairs, and what came of it. */
export function renderRounds(report: SemiSupervisedReport): TemplateResult | typeof nothing {
  const { labelled, unlabelled, threshold, rounds } = report;
  if (rounds.length === 0) return nothing;
  const note = strings.roundsNote(
    formatCount(labelled),
    formatCount(unlabelled),
    `${Number((100 * threshold).toFixed(2))} %`,
  );
  const hasAgreement = rounds.some(({ agreement }) => agreement !== null);
  return html`<section class="part">
    <h2>${strings.rounds}</h2>
    <p class="quiet note">${note}</p>
    <div class="pair">
      <ald-line-chart
        .heading=${strings.heldOutAccuracy}
        .counted=${true}
        .at=${rounds.map(({ round }) => round)}
        .series=${[
          {
            name: strings.heldOutAccuracy,
            mark: 'solid',
            values: rounds.map(({ heldOut }) => heldOut.accuracy),
            intervals: rounds.map(({ heldOut }) => heldOut.interval),
          },
        ]}
        .texts=${{ xAxis: strings.round, place: roundName, value: percent, marker: '' }}
      ></ald-line-chart>
      <ald-line-chart
        .heading=${strings.keptCount}
        .counted=${true}
        .at=${rounds.map(({ round }) => round)}
        .series=${[
          { name: strings.keptCount, mark: 'solid', values: rounds.map(({ keptShare }) => keptShare) },
          ...(hasAgreement
            ? [{ name: strings.agreement, mark: 'dashed', values: rounds.map(({ agreement }) => agreement) }]
            : []),
        ]}
        .texts=${{ xAxis: strings.round, place: roundName, value: percent, marker: '' }}
      ></ald-line-chart>
    </div>
    <div class="scroll" tabindex="0" role="region" aria-label=${strings.rounds}>
      <table class="fit">
        <caption class="hidden">
          ${strings.rounds}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.round}</th>
            <th scope="col" class="value" title=${strings.keptHint}>${strings.keptCount}</th>
            <th scope="col" class="value" title=${strings.swappedHint}>${strings.swapped}</th>
            <th scope="col" class="value" title=${strings.agreementHint}>${strings.agreement}</th>
            <th scope="col" class="value">${strings.accuracy}</th>
            <th scope="col" class="spread"><span class="hidden">${strings.intervalHint}</span></th>
            <th scope="col" class="value" title=${strings.calibrationErrorHint}>${strings.calibrationError}</th>
          </tr>
        </thead>
        <tbody>
          ${rounds.map(
            ({ round, kept, keptShare, swapped, agreement, heldOut, calibrationError }) =>
              html`<tr>
                <th scope="row">${roundName(round)}</th>
                <td class="value" title=${String(keptShare)}>
                  ${round === 0 ? '' : html`${formatCount(kept)} <span class="quiet">${percent(keptShare)}</span>`}
                </td>
                <td class="value">${round === 0 ? '' : formatCount(swapped)}</td>
                <td class="value" title=${agreement === null ? nothing : String(agreement)}>
                  ${agreement === null ? '' : percent(agreement)}
                </td>
                <td class="value strong" title=${String(heldOut.accuracy)}>${percent(heldOut.accuracy)}</td>
                <td class="spread quiet" title=${strings.intervalHint}>
                  ${strings.interval(percent(heldOut.interval.low), percent(heldOut.interval.high))}
                </td>
                <td class="value" title=${String(calibrationError)}>${formatFigure(calibrationError)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}

function roundName(round: number): string {
  return round === 0 ? strings.labelledAlone : strings.roundAt(String(round));
}
