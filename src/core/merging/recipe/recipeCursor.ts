import * as cursor from '../../yaml/keyCursor';
import type { CursorContext, FoundKey } from '../../yaml/keyCursor';
import { mergeMethods, type MergeMethod } from '../methods/mergeMethod';
import { recipeSpec } from './recipeKeys';

/** The known key at an offset of a recipe, parameters as the method has them; null: there is none. */
export function recipeKeyAt(text: string, offset: number): FoundKey | null {
  return cursor.keyAt(recipeSpec(methodAt(text, offset)), text, offset);
}

/** What may be written at an offset of a recipe; null: nothing that is known. */
export function recipeCursorContext(text: string, offset: number): CursorContext | null {
  const context = cursor.cursorContext(recipeSpec(methodAt(text, offset)), text, offset);
  if (context?.kind !== 'key') return context;
  const taken = new Set(context.taken);
  for (const [first, second] of eitherOr) {
    if (taken.has(first)) taken.add(second);
    else if (taken.has(second)) taken.add(first);
  }
  return { ...context, taken };
}

/** A recipe has one of the two. */
const eitherOr = [
  ['models', 'slices'],
  ['models', 'modules'],
  ['slices', 'modules'],
  ['tokenizer_source', 'tokenizer'],
] as const;

/** The method of the document that holds the offset; told by its line alone, so that it works in a text that is no YAML yet. */
function methodAt(text: string, offset: number): MergeMethod | null {
  const before = [...text.slice(0, offset).matchAll(/^---.*$/gm)].at(-1);
  const start = before === undefined ? 0 : before.index + before[0].length;
  const length = text.slice(start).search(/^---/m);
  const document = length < 0 ? text.slice(start) : text.slice(start, start + length);
  const name = /^merge_method[ \t]*:[ \t]*["']?(\w+)/m.exec(document)?.[1];
  return mergeMethods.find((method) => method === name) ?? null;
}
