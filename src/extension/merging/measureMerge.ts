import { l10n } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { MergeMeasurement } from '../../core/merging/mergeMeasurement';

/** Merges in memory and measures. */
export function measureMerge(): Promise<MergeMeasurement> {
  const message = l10n.t('merges cannot be measured yet');
  return Promise.reject(new AlidadeError({ code: 'unsupported', message }));
}
