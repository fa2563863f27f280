import { AlidadeError } from '../../core/alidadeError';
import { findLastRun } from '../../core/reward/findLastRun';
import type { HeadPooling } from '../../core/reward/rewardHead';
import type { PreparedText } from './textPreparer';
import { gateNotFound } from './textPreparer';

/**
 * The positions whose states are averaged into what a head reads: one for `last`.
 * @throws AlidadeError `row` for a mean over a response that is not there.
 */
export function pooledPositions(
  { ids, response }: Pick<PreparedText, 'ids' | 'response'>,
  { kind, position }: Pick<HeadPooling, 'kind' | 'position'>,
  padTokenId: number | null,
): readonly number[] {
  if (kind === 'mean') {
    if (response === null || response.end <= response.start) {
      throw new AlidadeError({
        code: 'row',
        message: 'there is no response to measure',
        hint: 'the row has to end with an assistant turn that is not empty',
      });
    }
    return Array.from({ length: response.end - response.start }, (_, index) => response.start + index);
  }
  const last = ids.length - 1;
  if (padTokenId === null || position === 'last') return [last];
  if (position === 'before-padding') {
    const firstPad = ids.indexOf(padTokenId);
    return [firstPad <= 0 ? last : firstPad - 1];
  }
  return [
    Math.max(
      0,
      ids.findLastIndex((id) => id !== padTokenId),
    ),
  ];
}

/** Where a gate reads: the first token of the last run of `gateRun`. @throws AlidadeError `gate_not_found` */
export function gatePosition(ids: readonly number[], gateRun: readonly number[]): number {
  const position = findLastRun(ids, gateRun);
  if (0 <= position) return position;
  throw gateNotFound();
}
