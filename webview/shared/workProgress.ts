import { css, html, nothing, type TemplateResult } from 'lit';
import { describeBytes, describeDuration } from '../../src/core/describeQuantity';
import type { Progress } from '../../src/core/jobContext';
import { sharedStrings } from './strings';

/** How far long work has come: a bar and a line of words. */
export function renderWorkProgress(label: string, progress: Progress): TemplateResult {
  const share = shareOf(progress);
  return html`<div class="running">
    <div
      role="progressbar"
      aria-label=${label}
      aria-valuemin="0"
      aria-valuemax="100"
      aria-valuenow=${share === null ? nothing : Math.floor(100 * share)}
    >
      <svg width="100%" height="4" aria-hidden="true">
        <rect width="100%" height="4" class="track"></rect>
        <rect width="${share === null ? 0 : 100 * share}%" height="4" class="done"></rect>
      </svg>
    </div>
    <p class="quiet number">${wordsOf(progress).join(' · ')}</p>
  </div>`;
}

/** Words wrap: a line may be longer than the page is wide. */
export const workProgressStyles = css`
  .running .number {
    white-space: normal;
  }
`;

function shareOf({ done, total }: Progress): number | null {
  return done === undefined || total === undefined || total === 0 ? null : Math.min(1, done / total);
}

function wordsOf(progress: Progress): readonly string[] {
  const { message, done, total, unit, perSecond, secondsLeft } = progress;
  const share = shareOf(progress);
  const isBytes = unit === 'bytes' && done !== undefined && total !== undefined;
  return [
    ...(share === null ? [] : [sharedStrings.percent(String(Math.floor(100 * share)))]),
    message,
    ...(isBytes ? [sharedStrings.amount(describeBytes(done), describeBytes(total))] : []),
    ...(isBytes && perSecond !== undefined ? [`${describeBytes(perSecond)}/s`] : []),
    ...(secondsLeft === undefined ? [] : [sharedStrings.timeLeft(describeDuration(secondsLeft))]),
  ];
}
