import { AlidadeError, type ErrorCode } from '../../core/alidadeError';
import type { Progress } from '../../core/jobContext';
import { ProcessEndedError } from '../sidecar/sidecarSupervisor';

/** Long work that has not come to its end. */
export type UnfinishedState =
  { readonly kind: 'waiting' } | { readonly kind: 'running'; readonly progress: Progress | null } | BrokenState;

/** It has ended before its end. */
export type BrokenState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'interrupted'; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly hint: string | null };

interface Work {
  readonly state: { readonly kind: UnfinishedState['kind'] | 'done' };
}

export function isUnderWay({ state }: Work): boolean {
  return state.kind === 'running' || state.kind === 'waiting';
}

/** What has been done is kept, and the rest can be done now. */
export function isResumable({ state }: Work): boolean {
  return state.kind === 'stopped' || state.kind === 'interrupted' || state.kind === 'failed';
}

/** What an error makes of work: the end of the process that does it only interrupts it. */
export function stateAfter(error: unknown): BrokenState {
  return error instanceof ProcessEndedError ? { kind: 'interrupted', reason: error.message } : failureState(error);
}

export function failureState(error: unknown): BrokenState {
  if (!(error instanceof AlidadeError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code: 'internal', message, hint: null };
  }
  const { code, message, hint = null } = error;
  return code === 'cancelled' ? { kind: 'stopped' } : { kind: 'failed', code, message, hint };
}
