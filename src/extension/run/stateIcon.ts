import { ThemeColor, ThemeIcon } from 'vscode';
import type { RunRecord } from './runRecord';

/** The icon of long work in the state that it is in, the same in every view. */
export function stateIcon(kind: RunRecord['state']['kind']): ThemeIcon {
  switch (kind) {
    case 'waiting':
      return new ThemeIcon('clock');
    case 'running':
      return new ThemeIcon('loading~spin');
    case 'stopped':
      return new ThemeIcon('debug-pause');
    case 'interrupted':
      return new ThemeIcon('debug-disconnect');
    case 'failed':
      return new ThemeIcon('error', new ThemeColor('errorForeground'));
    case 'done':
      return new ThemeIcon('pass');
  }
}
