import * as cursor from '../yaml/keyCursor';
import type { CursorContext, FoundKey } from '../yaml/keyCursor';
import { rewardTestSpec } from './rewardTestKeys';

/** The known key at an offset of a test file; null: there is none. */
export function keyAt(text: string, offset: number): FoundKey | null {
  return cursor.keyAt(rewardTestSpec, text, offset);
}

/** What may be written at an offset of a test file: keys, words, names of objectives, and the beginning of a test. */
export function cursorContext(text: string, offset: number): CursorContext | null {
  const context = cursor.cursorContext(rewardTestSpec, text, offset);
  switch (context?.kind) {
    case 'key':
    case 'word':
      return context;
    case 'name':
      return context.names === 'objective' ? context : null;
    case 'item':
      return context.path.length === 1 && context.path[0] === 'tests' ? context : null;
    default:
      return null;
  }
}
