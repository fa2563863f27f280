import { isRecord } from '../../promptFile/rowProblem';

/**
 * What stands at a dotted path of a row, undefined where nothing does. A field whose own name has dots goes first; a list on
 * the way stands for all of its items: `output.score` is the list of their scores.
 */
export function fieldOfRow(value: unknown, path: string): unknown {
  if (Array.isArray(value)) return value.map((item) => fieldOfRow(item, path));
  if (!isRecord(value)) return undefined;
  if (Object.hasOwn(value, path)) return value[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const first = path.slice(0, dot);
    if (Object.hasOwn(value, first)) return fieldOfRow(value[first], path.slice(dot + 1));
  }
  return undefined;
}
