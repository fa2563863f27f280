import type { RewardBreakdown, ScoredRow } from '../reward/rewardBreakdown';
import type {
  DatasetOverview,
  Distribution,
  ObjectiveDistribution,
  PairCounts,
  ScoredKind,
  SubsetOverview,
} from './datasetOverview';
import { buildHistogram } from './histogram';
import { proportionInterval } from './proportionInterval';
import { ValueSeries } from './valueSeries';

/** Bars of the large histograms and of the small ones. */
const mostBars = 40;
const mostSmallBars = 24;

/** Beyond these a file does not name subsets or objectives but something else. */
const mostSubsets = 2000;
const mostObjectives = 256;

type Role = Distribution['series'][number]['role'];

interface PairTally {
  n: number;
  wins: number;
  ties: number;
}

interface ObjectiveTally {
  readonly series: ReadonlyMap<Role, ValueSeries>;
  readonly pairs: PairTally;
}

interface SubsetTally {
  rows: number;
  errors: number;
  readonly pairs: PairTally;
}

/** Adds up a scored data set row by row, in memory that does not grow with the rows. */
export class DatasetAccumulator {
  readonly #kinds: Record<ScoredKind, number> = { pair: 0, single: 0, list: 0, error: 0 };
  readonly #pairs = emptyTally();
  readonly #margins = new ValueSeries();
  readonly #scores = new ValueSeries();
  readonly #objectives = new Map<string, ObjectiveTally>();
  readonly #subsets = new Map<string, SubsetTally>();
  #tokens = 0;
  #truncated = 0;

  add(row: ScoredRow, subset: string | null): void {
    this.#kinds[kindOf(row)] += 1;
    const tally = subset === null ? null : this.#subset(subset);
    if (tally !== null) tally.rows += 1;
    if ('error' in row) {
      if (tally !== null) tally.errors += 1;
    } else if ('margin' in row) {
      this.#margins.add(row.margin);
      count(this.#pairs, row.margin);
      if (tally !== null) count(tally.pairs, row.margin);
      this.#addText(row.chosen, 'chosen');
      this.#addText(row.rejected, 'rejected');
      this.#comparePair(row.chosen, row.rejected);
    } else {
      for (const response of 'responses' in row ? row.responses : [row]) {
        this.#scores.add(response.score);
        this.#addText(response, 'response');
      }
    }
  }

  overview(): DatasetOverview {
    const kinds = { ...this.#kinds };
    return {
      rows: kinds.pair + kinds.single + kinds.list + kinds.error,
      kinds,
      tokens: this.#tokens,
      truncated: this.#truncated,
      pairs: pairCounts(this.#pairs),
      margins: distribution(new Map([['margin', this.#margins]]), mostBars),
      scores: distribution(new Map([['score', this.#scores]]), mostBars),
      objectives: [...this.#objectives].map(([name, tally]) => describeObjective(name, tally)),
      subsets: [...this.#subsets].map(([name, tally]) => describeSubset(name, tally)).sort(byName),
    };
  }

  #addText({ tokens, truncated, objectives }: RewardBreakdown, role: Role): void {
    this.#tokens += tokens;
    if (truncated) this.#truncated += 1;
    for (const { name, reward } of objectives) this.#objective(name)?.series.get(role)?.add(reward);
  }

  #comparePair(chosen: RewardBreakdown, rejected: RewardBreakdown): void {
    for (const [index, { name, reward }] of chosen.objectives.entries()) {
      const other = rejected.objectives[index];
      const tally = this.#objectives.get(name);
      if (other?.name === name && tally !== undefined) count(tally.pairs, reward - other.reward);
    }
  }

  #objective(name: string): ObjectiveTally | null {
    const known = this.#objectives.get(name);
    if (known !== undefined) return known;
    if (mostObjectives <= this.#objectives.size) return null;
    const roles: readonly Role[] = ['chosen', 'rejected', 'response'];
    const tally = { series: new Map(roles.map((role) => [role, new ValueSeries()])), pairs: emptyTally() };
    this.#objectives.set(name, tally);
    return tally;
  }

  #subset(name: string): SubsetTally | null {
    const known = this.#subsets.get(name);
    if (known !== undefined) return known;
    if (mostSubsets <= this.#subsets.size) return null;
    const tally = { rows: 0, errors: 0, pairs: emptyTally() };
    this.#subsets.set(name, tally);
    return tally;
  }
}

export function kindOf(row: ScoredRow): ScoredKind {
  if ('error' in row) return 'error';
  if ('margin' in row) return 'pair';
  return 'responses' in row ? 'list' : 'single';
}

function emptyTally(): PairTally {
  return { n: 0, wins: 0, ties: 0 };
}

function count(tally: PairTally, difference: number): void {
  tally.n += 1;
  if (0 < difference) tally.wins += 1;
  if (difference === 0) tally.ties += 1;
}

function pairCounts({ n, wins, ties }: PairTally): PairCounts | null {
  const interval = proportionInterval(wins, n);
  return interval === null ? null : { n, wins, ties, accuracy: wins / n, interval };
}

function distribution(series: ReadonlyMap<Role, ValueSeries>, bars: number): Distribution | null {
  const used = [...series].filter(([, { count: values }]) => 0 < values);
  if (used.length === 0) return null;
  return {
    bins: buildHistogram(
      used.map(([, { histogram }]) => histogram),
      bars,
    ),
    series: used.map(([role, values]) => ({ role, statistics: values.statistics() })),
  };
}

function describeObjective(name: string, { series, pairs }: ObjectiveTally): ObjectiveDistribution {
  const { bins, series: used } = distribution(series, mostSmallBars) ?? { bins: [], series: [] };
  return { name, pairs: pairCounts(pairs), bins, series: used };
}

function describeSubset(name: string, { rows, errors, pairs }: SubsetTally): SubsetOverview {
  return { name, rows, errors, pairs: pairCounts(pairs) };
}

function byName(a: SubsetOverview, b: SubsetOverview): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
