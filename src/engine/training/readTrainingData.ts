import { describeRefused, Refusals } from '../../core/training/data/refusals';
import { findContradictions } from '../../core/training/data/contradictions';
import { checkPairs, checkRated } from '../../core/training/data/checkTargets';
import { DuplicateIndex, joinDuplicates, type OwnGroups } from '../../core/training/data/joinDuplicates';
import { inputsOf } from '../../core/promptFile/inputsOf';
import { type LabelledRow } from '../../core/training/data/labelledRow';
import { pairRows } from '../../core/training/data/pairRows';
import { rateRows } from '../../core/training/data/rateRows';
import type { CheckSet, PairSet, RatedSet, TrainingData } from '../../core/training/data/trainingData';
import { membershipsOf } from '../../core/training/evaluation/membershipsOf';
import { readResponseText } from '../../core/training/evaluation/responseText';
import type { CheckRecipe, HeadRecipe, ObjectiveRecipe } from '../../core/training/recipe/headRecipe';
import type { DataReport } from '../../core/training/trainingReport';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { readDataSet, type ReadDataSet } from './readDataSet';

export interface TrainingDataParams {
  readonly recipe: HeadRecipe;
  /** Where data files are looked for: the recipe's own folder first. */
  readonly folders: readonly string[];
}

/**
 * Reads everything that a head is trained and checked on, once. What cannot be used is counted with its reason. Rows that
 * repeat each other are in one group, so that no split parts them, and a check has no rows that are trained on.
 * @throws AlidadeError `not_found`, what reading files throws, and `recipe` where nothing can be learnt of an objective:
 * too few rows, constant labels, one class only, one group.
 */
export async function readTrainingData(params: TrainingDataParams, context: JobContext): Promise<TrainingData> {
  const { recipe } = params;
  const used = usedData(recipe);
  const sets = new Map<string, ReadDataSet>();
  let before = 0;
  for (const data of recipe.data.filter(({ name }) => used.all.has(name))) {
    const set = await readDataSet({
      data,
      folders: params.folders,
      fields: fieldsOf(recipe, data.name),
      signal: context.signal,
      onRow: (rows) => report(context, before + rows),
    });
    before += set.rows.length;
    sets.set(data.name, set);
  }
  return new DataBuilder(recipe, used, sets).build(context);
}

function report({ progress }: JobContext, done: number): void {
  if (done % 1000 === 0) progress({ message: 'Reading data', done, unit: 'rows' });
}

interface UsedData {
  readonly all: ReadonlySet<string>;
  /** With pairs. */
  readonly pairs: ReadonlySet<string>;
  /** Whose pairs have to answer the same prompt. */
  readonly prompts: ReadonlySet<string>;
  readonly trained: ReadonlySet<string>;
}

function usedData({ objectives, gate, preference, semiSupervised, verbosity, checks }: HeadRecipe): UsedData {
  const prompts = new Set([...(gate?.data ?? []), ...(semiSupervised?.data ?? [])]);
  const pairs = new Set([...prompts, ...(preference?.data ?? [])]);
  const trained = new Set([...pairs, ...objectives.flatMap(({ data }) => data ?? [])]);
  const all = new Set([...trained, ...checks.map(({ data }) => data)]);
  const measured = verbosity?.data ?? null;
  if (measured !== null) all.add(measured);
  return { all, pairs, prompts, trained };
}

/** Fields that labels and groups of errors are made of. */
function fieldsOf({ objectives, checks }: HeadRecipe, name: string): readonly string[] {
  const labels = [...objectives, ...checks].flatMap(({ data, label }) =>
    data === name && label?.kind === 'field' ? [label.field] : [],
  );
  const groups = checks.flatMap(({ data, groups: found }) =>
    data === name && found?.kind === 'field' ? [found.field] : [],
  );
  return [...new Set([...labels, ...groups])];
}

class DataBuilder {
  readonly #recipe: HeadRecipe;
  readonly #used: UsedData;
  readonly #sets: ReadonlyMap<string, ReadDataSet>;
  readonly #warnings: string[] = [];
  /** By data: what was refused after reading, objectives and checks named. */
  readonly #refused = new Map<string, DataReport['refused'][number][]>();

  constructor(recipe: HeadRecipe, used: UsedData, sets: ReadonlyMap<string, ReadDataSet>) {
    this.#recipe = recipe;
    this.#used = used;
    this.#sets = sets;
  }

  async build(context: JobContext): Promise<TrainingData> {
    const { objectives, gate, preference, semiSupervised, verbosity, checks } = this.#recipe;
    for (const { data, refusals } of this.#sets.values()) {
      for (const refused of refusals.list()) this.#warnings.push(`\`${data.name}\`: ${describeRefused(refused)}`);
    }
    const joined = await this.#joinGroups(context);
    const rated = objectives.flatMap((objective) => this.#rate(objective, joined) ?? []);
    const pairs = [...this.#used.pairs].map((name) => this.#pair(name, joined));
    const named = (names: readonly string[]): readonly PairSet[] => pairs.filter(({ name }) => names.includes(name));
    if (gate !== null) checkPairs(named(gate.data), 'gate');
    if (preference !== null) checkPairs(named(preference.data), 'preference');
    if (semiSupervised !== null) checkPairs(named(semiSupervised.data), 'semi_supervised');
    const measured = verbosity?.data ?? null;
    return {
      rated,
      pairs,
      verbosity: verbosity === null ? null : this.#responses(measured === null ? (gate?.data ?? []) : [measured]),
      checks: checks.map((check) => this.#check(check, joined)),
      data: [...this.#sets.values()].map((set) => this.#report(set)),
      warnings: this.#warnings,
    };
  }

  /** Rows of all data by name, in groups that no repetition crosses; of checks without what is trained on. */
  async #joinGroups(context: JobContext): Promise<JoinedRows> {
    const sets = [...this.#sets.values()];
    const trained = sets.filter(({ data }) => this.#used.trained.has(data.name));
    const others = sets.filter(({ data }) => !this.#used.trained.has(data.name));
    const all = sets.reduce((sum, { rows }) => sum + rows.length, 0);
    const index = new DuplicateIndex(all);
    if (index.isExact) this.#warnings.push('so many rows are compared letter by letter: near-duplicates are not found');
    const step = stepwise(context, all);
    for (const { data, rows } of trained) {
      const own: OwnGroups = new Map();
      const found = await step(rows, (some) => joinDuplicates(some, index, own));
      const count = found.reduce((sum, part) => sum + part.count, 0);
      const first = found.find((part) => part.first !== null)?.first ?? null;
      if (first === null) continue;
      this.#warnings.push(
        `\`${data.name}\`: ${countOf(count, 'row')} ${count === 1 ? 'repeats' : 'repeat'} others of another group, or nearly ` +
          `so (first: ${first.place} and ${first.repeats}): they are kept on one side of a split`,
      );
    }
    const named = new Map<string, readonly LabelledRow[]>();
    const rated = new Map<string, readonly LabelledRow[]>();
    for (const { data, rows } of trained) {
      const grouped = (merger: typeof index.merger): readonly LabelledRow[] =>
        rows.map((row) => ({ ...row, group: merger.nameOf(row.group) }));
      named.set(data.name, grouped(index.merger));
      rated.set(data.name, grouped(index.within));
    }
    const known = new Set(trained.flatMap(({ rows }) => rows));
    const repeated = new Map<LabelledRow, LabelledRow>();
    for (const { data, rows } of others) {
      await step(rows, (some) => {
        for (const row of some) {
          const source = index.add(row).find((each) => known.has(each));
          if (source !== undefined) repeated.set(row, source);
        }
      });
      named.set(data.name, rows);
    }
    return { rows: named, rated, repeated };
  }

  #rate(objective: ObjectiveRecipe, joined: JoinedRows): RatedSet | null {
    const { name, kind, data, label } = objective;
    if (kind === 'computed' || data === null || label === null) return null;
    const { seed, ratings } = this.#recipe;
    const { texts, sources, refused } = rateRows({ rows: joined.rated.get(data) ?? [], label, objective, seed });
    const { count, first } = findContradictions(texts, sources);
    if (first !== null && kind === 'logistic') {
      const places = `${first.place} and ${first.contradicts}`;
      this.#warnings.push(
        `objective \`${name}\`: ${countOf(count, 'text')} ${count === 1 ? 'stands' : 'stand'} there both as yes and as no ` +
          `(first: ${places})`,
      );
    }
    const set: RatedSet = { objective: name, texts, refused };
    const { selection } = ratings;
    checkRated(set, { kind, groups: selection.kind === 'folds' ? selection.folds : 2 });
    this.#refuse(data, `objective \`${name}\``, refused);
    return set;
  }

  #pair(name: string, joined: JoinedRows): PairSet {
    const { pairs, refused } = pairRows(joined.rows.get(name) ?? [], this.#used.prompts.has(name));
    this.#refuse(name, 'pairs', refused);
    for (const reason of refused) this.#warnings.push(`\`${name}\`: ${describeRefused(reason)}`);
    return { name, pairs, refused };
  }

  #responses(names: readonly string[]): TrainingData['verbosity'] {
    const sets = names.flatMap((name) => this.#sets.get(name)?.rows ?? []);
    return { name: names.join(', '), inputs: sets.flatMap(({ row }) => inputsOf(row)) };
  }

  #check(check: CheckRecipe, joined: JoinedRows): CheckSet {
    const refusals = new Refusals();
    const rows = (joined.rows.get(check.data) ?? []).filter((row) => {
      const source = joined.repeated.get(row);
      if (source !== undefined) refusals.add('it repeats a row that is trained on, or nearly so', row.place);
      return source === undefined;
    });
    const found = this.#checkRows(check, rows);
    const refused = [...refusals.list(), ...found.refused];
    this.#refuse(check.data, `check \`${check.name}\``, refused);
    for (const reason of refusals.list()) this.#warnings.push(`check \`${check.name}\`: ${describeRefused(reason)}`);
    if (found.texts.length + found.pairs.length === 0) {
      this.#warnings.push(`check \`${check.name}\`: no row can be used`);
    }
    return { check, ...found, refused };
  }

  #checkRows(check: CheckRecipe, rows: readonly LabelledRow[]): Omit<CheckSet, 'check'> {
    const { objective: name, label } = check;
    if (name === null || label === null) {
      const { pairs, sources, refused } = pairRows(rows, false);
      const memberships = pairs.map(({ chosen }, at) =>
        membersOf(check, sources[at], readResponseText(chosen).response),
      );
      return { texts: [], pairs, memberships, refused };
    }
    const objective = this.#recipe.objectives.find((each) => each.name === name);
    const { kind = 'linear', scale = null } = objective ?? {};
    const { texts, sources, refused } = rateRows({ rows, label, objective: { kind, scale }, seed: this.#recipe.seed });
    const memberships = texts.map(({ input }, at) => membersOf(check, sources[at], readResponseText(input).response));
    return { texts, pairs: [], memberships, refused };
  }

  #refuse(data: string, what: string, refused: DataReport['refused']): void {
    const list = this.#refused.get(data) ?? [];
    list.push(...refused.map((each) => ({ ...each, reason: `${what}: ${each.reason}` })));
    this.#refused.set(data, list);
  }

  #report({ data, files, refusals }: ReadDataSet): DataReport {
    const { name, source, licence, labels } = data;
    const refused = [...refusals.list(), ...(this.#refused.get(name) ?? [])];
    return { name, files, source, licence, labels, refused };
  }
}

interface JoinedRows {
  readonly rows: ReadonlyMap<string, readonly LabelledRow[]>;
  /** What objectives are fitted on: groups are joined within each data set only, since each is fitted on one. */
  readonly rated: ReadonlyMap<string, readonly LabelledRow[]>;
  /** Rows of checks that are trained on as well, with what they repeat. */
  readonly repeated: ReadonlyMap<LabelledRow, LabelledRow>;
}

function membersOf({ groups }: CheckRecipe, { fields }: LabelledRow, response: string): readonly string[] {
  if (groups === null) return [];
  if (groups.kind === 'terms') return membershipsOf(response, groups.terms);
  const value = fields.get(groups.field);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.flatMap((each) =>
    typeof each === 'string' || typeof each === 'number' || typeof each === 'boolean' ? [String(each)] : [],
  );
}

/** Rows that are looked at between two moments at which a stop is heard. */
const rowsAtOnce = 500;

function stepwise(
  context: JobContext,
  total: number,
): <Result>(
  rows: readonly LabelledRow[],
  look: (some: readonly LabelledRow[]) => Result,
) => Promise<readonly Result[]> {
  let done = 0;
  return async (rows, look) => {
    const results = [];
    for (let start = 0; start < rows.length; start += rowsAtOnce) {
      throwIfCancelled(context.signal);
      const some = rows.slice(start, start + rowsAtOnce);
      results.push(look(some));
      done += some.length;
      context.progress({ message: 'Looking for rows that repeat others', done, total, unit: 'rows' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return results;
  };
}
