import { isRecord } from './rowProblem';

/** Keys under which rows have what is scored or asked: never a label. */
const textKeys = new Set([
  ...['prompt', 'query', 'messages', 'conversations', 'chosen', 'rejected', 'response', 'responses', 'completion'],
  ...['text', 'ids', 'input', 'output', 'preferred_output', 'non_preferred_output', 'id', 'prompt_id'],
]);
/** Levels of mappings that are looked into. */
const deepest = 4;
/** Characters of a text that may be a label; longer ones are contents. */
const longestLabel = 120;

/** Scalars of a row that may be labels, groups or ratings, by dotted path, in the order of the row. */
export function rowFields(value: unknown): ReadonlyMap<string, string | number | boolean> {
  const fields = new Map<string, string | number | boolean>();
  const walk = (part: unknown, path: string, depth: number): void => {
    if (typeof part === 'number' || typeof part === 'boolean') fields.set(path, part);
    else if (typeof part === 'string') {
      if (part.length <= longestLabel) fields.set(path, part);
    } else if (isRecord(part) && depth < deepest) {
      for (const [key, inner] of Object.entries(part)) walk(inner, `${path}.${key}`, depth + 1);
    }
  };
  if (!isRecord(value)) return fields;
  for (const [key, part] of Object.entries(value)) if (!textKeys.has(key)) walk(part, key, 1);
  return fields;
}
