/** Arguments of a filter: those by place, and those by name. */
export interface FilterArguments {
  readonly values: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
}

type JinjaFilter = (value: unknown, args: FilterArguments) => string | number;

/** Filters of Jinja2 and Nunjucks that the package lacks, for text and numbers. */
export const jinjaFilters: ReadonlyMap<string, JinjaFilter> = new Map<string, JinjaFilter>([
  ['safe', (value) => textOf(value)],
  ['wordcount', (value) => textOf(value).match(/\S+/g)?.length ?? 0],
  ['truncate', truncate],
  [
    'round',
    (value, args) =>
      Number(Number(value).toFixed(Math.min(20, Math.max(0, Number(argument(args, 0, 'precision') ?? 0))))),
  ],
  [
    'striptags',
    (value) =>
      textOf(value)
        .replace(/<[^<>]*>/g, '')
        .replace(/\s+/g, ' ')
        .trim(),
  ],
  ['nl2br', (value) => textOf(value).replaceAll('\n', '<br />\n')],
]);

/** Jinja2's: a text that is little longer than the limit stays whole. */
function truncate(value: unknown, args: FilterArguments): string {
  const text = textOf(value);
  const length = Number(argument(args, 0, 'length') ?? 255);
  const killsWords = Boolean(argument(args, 1, 'killwords') ?? false);
  const end = textOf(argument(args, 2, 'end') ?? '...');
  const leeway = Number(argument(args, 3, 'leeway') ?? 5);
  if (text.length <= length + leeway) return text;
  const cut = text.slice(0, Math.max(0, length - end.length));
  const space = cut.lastIndexOf(' ');
  return (killsWords || space < 0 ? cut : cut.slice(0, space)) + end;
}

function argument({ values, named }: FilterArguments, index: number, name: string): unknown {
  return values[index] ?? named.get(name);
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
