import type { DataField, DataFields } from '../../core/training/data/dataFields';

/** What a new recipe may learn from the data at hand. */
export type OfferedObjective =
  | {
      readonly kind: 'field';
      readonly name: string;
      readonly data: string;
      readonly field: string;
      readonly rows: number;
      readonly label:
        /** 0 and 1, or false and true. */
        | { readonly kind: 'yesNo' }
        /** Two words, the second of which is taken for yes. */
        | { readonly kind: 'words'; readonly no: string; readonly yes: string }
        | { readonly kind: 'rating'; readonly min: number; readonly max: number };
    }
  /** Which of two responses is preferred: one head, or the gate over objectives. */
  | { readonly kind: 'preference'; readonly name: string; readonly data: string; readonly rows: number }
  /** Labels that are made, not given. */
  | {
      readonly kind: 'exchanged' | 'shuffled';
      readonly name: string;
      readonly data: string;
      readonly rows: number;
    }
  | { readonly kind: 'computed'; readonly name: string };

/** Data of a new recipe: its name there, and what its rows have. */
export interface NamedData {
  readonly name: string;
  /** As the recipe names it. */
  readonly file: string;
  readonly fields: DataFields;
}

export interface NewHeadRecipe {
  readonly name: string;
  readonly model: string;
  readonly data: readonly NamedData[];
  readonly objectives: readonly OfferedObjective[];
}

/** Rows that a label needs to be worth offering. */
const fewestRows = 10;
const noWords = new Set(['no', 'false', 'negative', 'bad', 'fail', 'incorrect', 'unsafe', 'refused', '0']);

/** What may be learnt from rows: fields that hold numbers or one of two words, pairs, and labels that can be made. */
export function offeredObjectives(data: readonly NamedData[]): readonly OfferedObjective[] {
  const taken = new Map<string, number>();
  const unique = (name: string): string => {
    const count = (taken.get(name) ?? 0) + 1;
    taken.set(name, count);
    return count === 1 ? name : `${name} ${count}`;
  };
  const offered = data.flatMap(({ name: source, fields }): OfferedObjective[] => {
    const ofFields = fields.fields.flatMap((field): OfferedObjective[] => {
      const label = field.count < fewestRows ? null : labelOf(field);
      if (label === null) return [];
      const name = unique(field.path.split('.').at(-1) ?? field.path);
      return [{ kind: 'field', name, data: source, field: field.path, rows: field.count, label }];
    });
    const { pairs, singles } = fields;
    const ofPairs: OfferedObjective[] =
      pairs < fewestRows ? [] : [{ kind: 'preference', name: unique('preference'), data: source, rows: pairs }];
    const made: OfferedObjective[] =
      pairs + singles < fewestRows
        ? []
        : [
            { kind: 'exchanged', name: unique('on-topic'), data: source, rows: pairs + singles },
            { kind: 'shuffled', name: unique('fluency'), data: source, rows: pairs + singles },
          ];
    return [...ofFields, ...ofPairs, ...made];
  });
  return [...offered, { kind: 'computed', name: unique('verbosity') }];
}

function labelOf({ count, numeric, range, values, isComplete }: DataField): FieldLabel | null {
  if (numeric === count && range !== null) {
    if (range.min === range.max) return null;
    const isYesNo = isComplete && values.every((value) => ['0', '1', 'false', 'true'].includes(value));
    return isYesNo ? { kind: 'yesNo' } : { kind: 'rating', min: range.min, max: range.max };
  }
  if (numeric !== 0 || !isComplete || values.length !== 2) return null;
  const [first, second] = values;
  return noWords.has(second.toLowerCase())
    ? { kind: 'words', no: second, yes: first }
    : { kind: 'words', no: first, yes: second };
}

type FieldLabel = Extract<OfferedObjective, { kind: 'field' }>['label'];

/** The recipe as YAML, with comments that say what may be changed. */
export function headRecipeText({ name, model, data, objectives }: NewHeadRecipe): string {
  const rated = objectives.filter((objective) => objective.kind !== 'preference');
  const pairs = objectives.filter((objective) => objective.kind === 'preference');
  const used = new Set(objectives.flatMap((objective) => ('data' in objective ? [objective.data] : [])));
  const isStarter = model === 'starter';
  const lines = [
    `name: ${scalar(name)}`,
    `model: ${scalar(model)}`,
    isStarter ? 'pooling: { place: mean, layer: 20 }' : 'pooling: { place: last, layer: final }',
    ...(isStarter ? ['max_tokens: 512'] : []),
    'seed: 1',
    '',
    'data:',
    ...data
      .filter((set) => used.has(set.name))
      .flatMap((set) => [
        `  ${scalar(set.name)}:`,
        `    files: [${scalar(set.file)}]`,
        '    # group: conversation   # rows that share it are never on both sides of a split; default: the prompt',
        '    # source, licence and labels stand on the model card',
      ]),
    '',
  ];
  if (rated.length === 0 && pairs[0] !== undefined) {
    lines.push('preference:', `  name: ${scalar(pairs[0].name)}`, `  data: ${listOf(pairs)}`);
  } else {
    lines.push(
      ...(rated.some(({ kind }) => kind !== 'computed')
        ? ['ratings:', '  standardise: true', '  intercept: true', '  split: { folds: 5 }', '']
        : []),
      'objectives:',
      ...rated.flatMap(objectiveLines),
      ...(0 < pairs.length && 1 < rated.length
        ? ['', '# How much each objective counts, by prompt.', 'gate:', `  data: ${listOf(pairs)}`]
        : []),
    );
  }
  return `${lines.join('\n')}\n`;
}

function objectiveLines(objective: OfferedObjective): readonly string[] {
  const name = `  - name: ${scalar(objective.name)}`;
  switch (objective.kind) {
    case 'preference':
      return [];
    case 'computed':
      return [name, '    compute: log_tokens'];
    case 'exchanged':
      return [
        name,
        '    kind: yes_no',
        `    data: ${scalar(objective.data)}`,
        '    label: exchanged',
        '    words: cosine',
      ];
    case 'shuffled':
      return [name, '    kind: yes_no', `    data: ${scalar(objective.data)}`, '    label: shuffled'];
    case 'field':
      return [name, ...fieldLines(objective)];
  }
}

function fieldLines({ data, field, label }: Extract<OfferedObjective, { kind: 'field' }>): readonly string[] {
  const from = `    data: ${scalar(data)}`;
  switch (label.kind) {
    case 'yesNo':
      return ['    kind: yes_no', from, `    label: ${scalar(field)}`];
    case 'words':
      return [
        '    kind: yes_no',
        from,
        `    label: { field: ${scalar(field)}, values: { ${scalar(label.no)}: 0, ${scalar(label.yes)}: 1 } }`,
      ];
    case 'rating':
      return [
        '    kind: rating',
        from,
        `    label: ${scalar(field)}`,
        `    scale: { min: ${label.min}, max: ${label.max} }`,
      ];
  }
}

function listOf(pairs: readonly { readonly data: string }[]): string {
  return `[${pairs.map(({ data }) => scalar(data)).join(', ')}]`;
}

/** As YAML reads it back: quoted where it would mean something else, also inside brackets. */
function scalar(text: string): string {
  const isPlain =
    /^[A-Za-z_./][\w./-]*( [\w./-]+)*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text);
  return isPlain && !/^\.|[.]$/.test(text.replace(/^\.\.?\//, '')) ? text : JSON.stringify(text);
}
