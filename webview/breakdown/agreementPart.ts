import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Progress } from '../../src/core/jobContext';
import { compareAgreement, type AgreementChange, type LabelAgreement } from '../../src/core/reward/labelAgreement';
import type { RewardBreakdown } from '../../src/core/reward/rewardBreakdown';
import type { LabelledPairs } from '../../src/protocol/breakdownView';
import { formatPercent } from '../shared/formatPercent';
import { errorIcon, icon } from '../shared/icon';
import { pageStyles } from '../shared/pageStyles';
import { renderWorkProgress, workProgressStyles } from '../shared/workProgress';
import { strings } from './strings';

/** Labelled pairs that were asked for, and how that went. */
export interface AgreementState {
  /** null: none were chosen yet. */
  readonly pairs: LabelledPairs | null;
  readonly isRunning: boolean;
  readonly problem: string | null;
}

export const noAgreement: AgreementState = { pairs: null, isRunning: false, problem: null };

/**
 * How often labelled pairs agree with their scores, before and after a change of the weights; follows each change. Emits
 * `ald-choose-pairs` and `ald-stop-pairs`.
 */
export class AldAgreement extends LitElement {
  static override properties = {
    state: { attribute: false },
    revise: { attribute: false },
    progress: { attribute: false },
  };

  static override styles = [
    pageStyles,
    workProgressStyles,
    css`
      .note {
        color: var(--vscode-descriptionForeground);
        max-width: 80ch;
        margin-block-end: 8px;
      }
      .actions {
        display: flex;
        gap: 8px;
        margin-block-end: 10px;
      }
      table {
        width: auto;
        margin-block-end: 6px;
      }
      .running {
        max-width: 420px;
        margin-block-end: 10px;
      }
      .problem .icon {
        color: var(--vscode-errorForeground);
        margin-block-start: 2px;
      }
      .problem {
        display: flex;
        gap: 6px;
        margin-block-end: 8px;
      }
    `,
  ];

  state: AgreementState = noAgreement;
  /** What a breakdown is with the weights in force. */
  revise: (breakdown: RewardBreakdown) => RewardBreakdown = (breakdown) => breakdown;
  /** Of the pairs that are being scored. */
  progress: Progress | null = null;

  protected override render(): TemplateResult {
    const { pairs, isRunning, problem } = this.state;
    const change = pairs === null ? null : compareAgreement(pairs.pairs, this.revise);
    return html`<h2>${strings.agreement}</h2>
      <p class="note">${strings.agreementNote}</p>
      <div class="actions">
        ${
          isRunning
            ? html`<ald-button @click=${() => this.emit('ald-stop-pairs')}>${strings.stop}</ald-button>`
            : html`<ald-button @click=${() => this.emit('ald-choose-pairs')}
                >${pairs === null ? strings.choosePairs : strings.chooseOtherPairs}</ald-button
              >`
        }
      </div>
      ${isRunning && this.progress !== null ? renderWorkProgress(strings.scoringPairs, this.progress) : nothing}
      <div role="alert">
        ${problem === null ? nothing : html`<p class="problem">${icon(errorIcon)}<span>${problem}</span></p>`}
      </div>
      ${pairs === null ? nothing : change === null ? html`<p>${strings.noPairs(pairs.source)}</p>` : this.renderTable(pairs, change)}`;
  }

  private renderTable(pairs: LabelledPairs, { before, after, won, lost }: AgreementChange): TemplateResult {
    const { source, isWhole, errors } = pairs;
    const facts = [
      strings.pairsOf(before.pairs, source),
      ...(isWhole ? [] : [strings.notAllPairs]),
      ...(errors === 0 ? [] : [strings.unscoredPairs(errors)]),
      ...(after.ties === 0 ? [] : [strings.ties(after.ties)]),
    ];
    return html`<table>
        <caption class="hidden">
          ${strings.agreement}
        </caption>
        <thead>
          <tr>
            <th scope="col">${strings.weights}</th>
            <th scope="col" class="value">${strings.agreeing}</th>
            <th scope="col" class="value" title=${strings.intervalHint}>${strings.interval}</th>
          </tr>
        </thead>
        <tbody>
          ${renderLine(strings.weightsBefore, before)} ${renderLine(strings.weightsAfter, after)}
        </tbody>
      </table>
      <p role="status">${0 < won + lost ? strings.changedPairs(won, lost) : strings.unchangedPairs}</p>
      <p class="quiet">${facts.join(' · ')}</p>`;
  }

  private emit(name: 'ald-choose-pairs' | 'ald-stop-pairs'): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}

function renderLine(name: string, { accuracy, agreeing, pairs, interval }: LabelAgreement): TemplateResult {
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="value" title=${`${agreeing} / ${pairs}`}>${formatPercent(accuracy)}</td>
    <td class="value">${strings.fromTo(formatPercent(interval.low), formatPercent(interval.high))}</td>
  </tr>`;
}

customElements.define('ald-agreement', AldAgreement);
