import * as cursor from '../../yaml/keyCursor';
import type { CursorContext, FoundKey } from '../../yaml/keyCursor';
import { headRecipeSpec } from './headRecipeKeys';

/** The known key at an offset of a head recipe; null: there is none. */
export function headRecipeKeyAt(text: string, offset: number): FoundKey | null {
  return cursor.keyAt(headRecipeSpec, text, offset);
}

/** What may be written at an offset of a head recipe; null: nothing that is known. */
export function headRecipeCursorContext(text: string, offset: number): CursorContext | null {
  const context = cursor.cursorContext(headRecipeSpec, text, offset);
  if (context?.kind !== 'key') return context;
  const taken = new Set(context.taken);
  for (const [first, others] of eitherOr) {
    if (taken.has(first)) others.forEach((other) => taken.add(other));
    else if (others.some((other) => taken.has(other))) taken.add(first);
  }
  return { ...context, taken };
}

/** Where the one is, the others mean nothing. */
const eitherOr: readonly (readonly [first: string, others: readonly string[]])[] = [
  ['preference', ['objectives', 'gate', 'verbosity_correction', 'ratings']],
  ['validation', ['folds']],
  ['field', ['kind', 'least_words', 'terms']],
  ['compute', ['label', 'kind', 'words']],
];
