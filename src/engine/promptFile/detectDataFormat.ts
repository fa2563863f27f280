/** What the beginning of a data file tells. */
export interface DataFileBeginning {
  /** The first line that is not blank. */
  readonly first: string;
  /** All other lines are blank; looked at only where `mayBeWholeFile`. */
  readonly isOnlyLine: boolean;
  /** Path or name. */
  readonly name: string;
}

/**
 * Whether a file has a row a line or is one JSON value. The content decides, its name only where the first line is broken:
 * `.json` files with a row a line are common, and so are `.jsonl` files with a list.
 */
export function detectDataFormat({ first, isOnlyLine, name }: DataFileBeginning): 'jsonl' | 'json' {
  const text = first.trim();
  const value = parse(text);
  if (value !== undefined) {
    if (Array.isArray(value)) return isOnlyLine ? 'json' : 'jsonl';
    // LMFlow's data sets are one object.
    return isOnlyLine && typeof value === 'object' && value !== null && 'instances' in value ? 'json' : 'jsonl';
  }
  const isContinued = /^[[{]/.test(text) && /[[{,:]$/.test(text);
  if (isContinued) return 'json';
  return name.toLowerCase().endsWith('.json') ? 'json' : 'jsonl';
}

/** Whether a first line could be all of a JSON file: a list, or LMFlow's object. */
export function mayBeWholeFile(first: string): boolean {
  return /^\s*(\[|\{.*"instances")/.test(first);
}

/** undefined: not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
