import type { Span } from '../promptFile/locateJson';
import { CsvRecordSplitter, parseCsvRecord } from '../promptFile/csvRecords';
import { entryOf, memberOf, plainOf, recordOf, textOf, type LocatedValue } from './locatedValue';
import type { FileReference, PromptProblem, TestInput } from './promptFile';
import { readJson } from './readJson';
import { readYaml } from './readYaml';

/** Sets of values that lists of values may make of one test, and that a file may have. */
const maxExpanded = 64;
const maxInputs = 1000;

export interface PromptfooTests {
  readonly inputs: readonly TestInput[];
  readonly references: readonly FileReference[];
  readonly problems: readonly PromptProblem[];
}

/** The values that a configuration's tests give to variables, those of `defaultTest` and of scenarios among them. */
export function readPromptfooTests(root: LocatedValue | null, files: ReadonlyMap<string, string>): PromptfooTests {
  const reader = new TestReader(files);
  const shared = reader.readVars(memberOf(reader.load(memberOf(root, 'defaultTest')), 'vars'));
  reader.addTests(memberOf(root, 'tests'), shared);
  const scenarios = reader.load(memberOf(root, 'scenarios'));
  for (const scenario of scenarios?.kind === 'list' ? scenarios.items : []) {
    const loaded = reader.load(scenario);
    const config = reader.load(memberOf(loaded, 'config'));
    for (const each of config?.kind === 'list' ? config.items : []) {
      reader.addTests(memberOf(loaded, 'tests'), { ...shared, ...reader.readVars(memberOf(each, 'vars')) });
    }
  }
  if (reader.inputs.length === 0 && Object.keys(shared).length > 0) {
    reader.add({ name: 'defaultTest', vars: shared, span: entryOf(root, 'defaultTest')?.value.span ?? null });
  }
  return reader;
}

interface NewInput {
  readonly name: string;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly span: Span | null;
}

class TestReader implements PromptfooTests {
  readonly inputs: TestInput[] = [];
  readonly references: FileReference[] = [];
  readonly problems: PromptProblem[] = [];
  readonly #files: ReadonlyMap<string, string>;
  /** What is within a file that was read stands where the file is named. */
  #within: Span | null = null;

  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  addTests(tests: LocatedValue | null, shared: Readonly<Record<string, unknown>>): void {
    const outer = this.#within;
    const loaded = this.load(tests);
    if (tests !== null && loaded !== tests) this.#within ??= tests.span;
    for (const test of loaded?.kind === 'list' ? loaded.items : []) {
      const found = this.load(test);
      // A file that is not there yet.
      if (found === null) continue;
      if (found.kind === 'list') {
        this.addTests(found, shared);
        continue;
      }
      const description = textOf(memberOf(found, 'description'));
      const name = description ?? `test ${this.inputs.length + 1}`;
      const options = memberOf(found, 'options', 'disableVarExpansion');
      const vars = { ...shared, ...this.readVars(memberOf(found, 'vars')) };
      const expands = !(options?.kind === 'scalar' && options.value === true);
      this.add({ name, vars, span: this.#within ?? test.span }, expands);
    }
    this.#within = outer;
  }

  /** A list of values stands for one test each. */
  add({ name, vars, span }: NewInput, expands = true): void {
    let sets: Record<string, unknown>[] = [{}];
    for (const [key, value] of Object.entries(vars)) {
      const values =
        expands && Array.isArray(value) && value.every((each) => typeof each !== 'object')
          ? (value as unknown[])
          : [value];
      sets = sets
        .flatMap((set) => values.map((each) => ({ ...set, ...recordOf([[key, each]]) })))
        .slice(0, maxExpanded);
    }
    for (const [index, values] of sets.entries()) {
      if (maxInputs <= this.inputs.length) return;
      this.inputs.push({ name: sets.length === 1 ? name : `${name} (${index + 1})`, values, span });
    }
  }

  readVars(vars: LocatedValue | null): Readonly<Record<string, unknown>> {
    const loaded = this.load(vars);
    if (loaded?.kind !== 'map') return {};
    const values: (readonly [string, unknown])[] = [];
    for (const { key, value } of loaded.entries) {
      const path = filePath(value);
      if (path === null) values.push([key, plainOf(value)]);
      else {
        const content = this.#read(path, value.span);
        if (content !== undefined) values.push([key, content]);
      }
    }
    return recordOf(values);
  }

  /** What a `file://` path stands for, else the value itself; null: it cannot be read here. */
  load(value: LocatedValue | null): LocatedValue | null {
    const path = value === null ? null : filePath(value);
    if (value === null || path === null) return value;
    const content = this.#read(path, value.span);
    if (content === undefined) return null;
    if (/\.csv$/i.test(path)) return readCsvTests(content, value.span);
    const { root, problems } = /\.json$/i.test(path) ? readJson(content) : readYaml(content);
    const [problem] = problems;
    if (problem !== undefined) {
      this.problems.push({ severity: 'error', message: `${path}: ${problem.message}`, span: value.span });
    }
    return root;
  }

  #read(path: string, span: Span): string | undefined {
    const place = this.#within ?? span;
    if (!/\.(ya?ml|json|csv|txt|md|j2)$/i.test(path) || path.includes('*')) {
      const message = `${path} is not read here: only .yaml, .json, .csv and text files are`;
      this.problems.push({ severity: 'information', message, span: place });
      return undefined;
    }
    if (!this.references.some((each) => each.path === path)) this.references.push({ path, span: place });
    return this.#files.get(path);
  }
}

function filePath(value: LocatedValue): string | null {
  return /^file:\/\/(.+)$/.exec(textOf(value)?.trim() ?? '')?.[1] ?? null;
}

/** A row a test, a column a variable; columns such as `__expected` are none. */
function readCsvTests(content: string, span: Span): LocatedValue {
  const splitter = new CsvRecordSplitter(',');
  const decoder = new TextDecoder();
  const bytes = [...splitter.push(new TextEncoder().encode(content))];
  const rest = splitter.end();
  if (rest !== null) bytes.push(rest);
  const [header, ...records] = bytes.map((record) => parseCsvRecord(decoder.decode(record.bytes), ',').cells);
  const columns = (header ?? []).map((name) => name.trim());
  const items = records
    .filter((cells) => cells.some((cell) => cell !== ''))
    .map((cells): LocatedValue => {
      const entries = columns.flatMap((key, index) =>
        key.startsWith('__')
          ? []
          : [{ key, keySpan: span, value: { kind: 'scalar' as const, value: cells[index] ?? '', span } }],
      );
      return { kind: 'map', span, entries: [{ key: 'vars', keySpan: span, value: { kind: 'map', entries, span } }] };
    });
  return { kind: 'list', items, span };
}
