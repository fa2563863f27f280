import { nearestName } from '../nearestName';
import type { Span } from '../promptFile/locateJson';
import type { Baseline, Bounds, Expectation, RewardTestSubject, Scope } from './rewardTest';
import { textOf, YamlReader, type FoundEntry } from '../yaml/yamlReader';
import { spokenText } from './spokenText';

export interface ExpectationsParams {
  readonly subject: RewardTestSubject;
  /** The test's: recorded scores are looked up by it. */
  readonly name: string;
  readonly report: (message: string, span: Span) => void;
}

const measureKeys = ['score', 'objectives', 'ratings', 'beats'];
const scopeKeys = ['best', 'mean', 'all'] as const;

/** What a test expects, checked against what it scores. */
export function readExpectations(expect: FoundEntry, params: ExpectationsParams): readonly Expectation[] {
  const { subject, report } = params;
  const reader = new YamlReader(expect.value);
  const isSingle = subject.kind === 'responses' && subject.responses.length === 1;
  if (reader.entries.length === 0) report('nothing is expected', expect.keySpan);
  for (const { key, keySpan } of reader.entries) {
    const isScope = scopeKeys.some((scope) => scope === key);
    if (isSingle && isScope) report(`there is one response: \`${key}\` can be left out`, keySpan);
    if (!isSingle && measureKeys.includes(key)) {
      report(`there are several responses: put \`${key}\` under \`best\`, \`mean\` or \`all\``, keySpan);
    }
    if (key === 'accuracy' && subject.kind !== 'rows') report('`accuracy` needs `rows`', keySpan);
    if (key === 'margin' && subject.kind !== 'rows' && !reader.has('ranks')) {
      report('`margin` needs `ranks`, or `rows`; `beats` has `by`', keySpan);
    }
  }
  return [
    ...readMeasures(reader, 'single', params),
    ...scopeKeys.flatMap((scope) => {
      const group = reader.reader(scope);
      if (group !== null && group.entries.length === 0) {
        report('nothing is expected', reader.get(scope)?.keySpan ?? expect.keySpan);
      }
      return group === null ? [] : readMeasures(group, scope, params);
    }),
    ...readRanks(reader, params),
    ...readLeast(reader, 'accuracy'),
    ...(subject.kind === 'rows' ? readLeast(reader, 'margin') : []),
  ];
}

function readMeasures(reader: YamlReader, scope: Scope, params: ExpectationsParams): readonly Expectation[] {
  const { report } = params;
  const expectations: Expectation[] = [];
  const score = reader.get('score');
  if (score !== null) {
    expectations.push({ kind: 'score', scope, bounds: readBounds(score, report), span: score.span });
  }
  for (const [key, measure] of [
    ['objectives', 'reward'],
    ['ratings', 'rating'],
  ] as const) {
    for (const entry of reader.reader(key)?.entries ?? []) {
      const bounds = readBounds(entry, report);
      const { key: name, keySpan: nameSpan, span } = entry;
      expectations.push({ kind: 'objective', scope, measure, name, nameSpan, bounds, span });
    }
  }
  const beats = reader.get('beats');
  const baseline = beats === null ? null : readBaseline(beats, params);
  if (beats !== null && baseline !== null) {
    const by = new YamlReader(beats.value).number('by') ?? 0;
    expectations.push({ kind: 'beats', scope, baseline, by, span: beats.span });
  }
  return expectations;
}

function readBounds(entry: FoundEntry, report: ExpectationsParams['report']): Bounds {
  const reader = new YamlReader(entry.value);
  const [min, max] = [reader.number('min'), reader.number('max')];
  if (!reader.has('min') && !reader.has('max'))
    report(`\`${entry.key}\` has neither \`min\` nor \`max\``, entry.keySpan);
  if (min !== null && max !== null && max < min) report(`min ${min} is above max ${max}`, entry.value.span);
  return { ...(min === null ? {} : { min }), ...(max === null ? {} : { max }) };
}

function readBaseline(entry: FoundEntry, { subject, name, report }: ExpectationsParams): Baseline | null {
  const asText = textOf(entry.value);
  const reader = new YamlReader(entry.value);
  const text = asText ?? reader.text('text');
  const file = reader.text('file');
  const id = reader.text('id');
  if (text !== null && file !== null) {
    report('`file` beside `text`: there is one baseline', reader.get('file')?.keySpan ?? entry.keySpan);
    return null;
  }
  if (text === null && file === null) {
    report('there is no baseline: give `text` or `file`', entry.keySpan);
    return null;
  }
  if (id !== null && (file === null || !isScoreFile(file.value))) {
    report('`id` needs a `file` with recorded scores (`.jsonl`)', id.span);
  }
  if (subject.kind === 'rows' && (file === null || !isScoreFile(file.value))) {
    report('rows have no conversation in common: their baseline is a `file` with recorded scores', entry.keySpan);
    return null;
  }
  if (text !== null) return { kind: 'text', text: spokenText(text.value), span: text.span };
  return file === null ? null : { kind: 'file', file, id: id?.value ?? name };
}

/** Recorded scores, rather than the text of a response. */
export function isScoreFile(path: string): boolean {
  return /\.(jsonl|ndjson)$/i.test(path);
}

function readRanks(reader: YamlReader, { subject, report }: ExpectationsParams): readonly Expectation[] {
  const entry = reader.get('ranks');
  if (entry?.value.kind !== 'list') return [];
  if (subject.kind !== 'responses' || subject.responses.length < 2) {
    report('`ranks` needs `responses` with names', entry.keySpan);
    return [];
  }
  const known = subject.responses.map(({ name }) => name);
  const order: string[] = [];
  for (const item of entry.value.items) {
    const name = textOf(item);
    if (name === null) continue;
    if (!known.includes(name.value)) {
      const near = nearestName(name.value, known);
      const hint = near === null ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
      report(`no response is called ${JSON.stringify(name.value)}: ${hint}`, name.span);
    } else if (order.includes(name.value)) {
      report(`${JSON.stringify(name.value)} stands in the ranking twice`, name.span);
    }
    order.push(name.value);
  }
  if (order.length < 2) report('a ranking has two names at least', entry.value.span);
  const margin = reader.reader('margin')?.number('min') ?? 0;
  if (margin < 0) report('a margin below 0 would turn the ranking around', reader.get('margin')?.span ?? entry.span);
  return [{ kind: 'ranks', order, margin, span: entry.span }];
}

function readLeast(reader: YamlReader, kind: 'accuracy' | 'margin'): readonly Expectation[] {
  const entry = reader.get(kind);
  const min = reader.reader(kind)?.number('min') ?? null;
  return entry === null || min === null ? [] : [{ kind, min, span: entry.span }];
}
