import type { OutputRow } from './outputRow';
import { scoreRewardBench, type RewardBenchScores } from './rewardBench';
import type { RewardModelDescription } from './rewardModelDescription';

/** How often the chosen response of pairs wins. */
export interface PairSummary {
  readonly n: number;
  /** The chosen response scores strictly higher. */
  readonly wins: number;
  readonly ties: number;
  /** wins / n; null without pairs. */
  readonly accuracy: number | null;
}

/** What `--summary` writes: the run in figures. */
export interface ScoreSummary {
  readonly rows: number;
  /** Rows that could not be scored; they are in no other figure. */
  readonly errors: number;
  readonly pairs: PairSummary;
  /** Pairs by the `subset` of their rows. */
  readonly subsets: Readonly<Record<string, PairSummary>>;
  /** Only where all pairs have a subset and all subsets are RewardBench's. */
  readonly rewardBench?: RewardBenchScores;
  /** Tokens given to the model. */
  readonly tokens: number;
  /** Spent scoring, in all sessions of the run together. */
  readonly seconds: number;
  readonly rowsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly model: string;
  readonly head: string;
  readonly device: string;
  readonly dtype: string;
}

interface PairCounts {
  n: number;
  wins: number;
  ties: number;
}

/** More subsets than any data set has: beyond them the column names something else, such as rows. */
const mostSubsets = 100_000;

/** Counts scored rows as they come; its memory grows with the subsets only. */
export class ScoreSummaryBuilder {
  #rows = 0;
  #errors = 0;
  readonly #pairs: PairCounts = { n: 0, wins: 0, ties: 0 };
  readonly #subsets = new Map<string, PairCounts>();

  get rows(): number {
    return this.#rows;
  }

  get errors(): number {
    return this.#errors;
  }

  /** @param subset of the row, where it has one. */
  add(scored: OutputRow, subset: string | null): void {
    this.#rows += 1;
    if ('error' in scored) {
      this.#errors += 1;
      return;
    }
    const outcome = compareResponses(scored);
    if (outcome === null) return;
    count(this.#pairs, outcome);
    if (subset === null) return;
    const found = this.#subsets.get(subset);
    if (found === undefined && this.#subsets.size === mostSubsets) return;
    const counts = found ?? { n: 0, wins: 0, ties: 0 };
    this.#subsets.set(subset, counts);
    count(counts, outcome);
  }

  /** @param work what the rows have cost: tokens given to the model, and time. */
  build(
    description: RewardModelDescription,
    { tokens, seconds }: { readonly tokens: number; readonly seconds: number },
  ): ScoreSummary {
    const subsets = [...this.#subsets].map(([name, counts]) => [name, summarise(counts)] as const);
    const rewardBench = this.#scoreRewardBench();
    const perSecond = (value: number): number => (seconds <= 0 ? 0 : value / seconds);
    return {
      rows: this.#rows,
      errors: this.#errors,
      pairs: summarise(this.#pairs),
      subsets: Object.fromEntries(subsets),
      ...(rewardBench === null ? {} : { rewardBench }),
      tokens,
      seconds,
      rowsPerSecond: perSecond(this.#rows),
      tokensPerSecond: perSecond(tokens),
      model: description.name,
      head: description.head,
      device: description.device,
      dtype: description.dtype,
    };
  }

  #scoreRewardBench(): RewardBenchScores | null {
    const inSubsets = [...this.#subsets.values()].reduce((sum, { n }) => sum + n, 0);
    if (inSubsets < this.#pairs.n) return null;
    return scoreRewardBench(new Map([...this.#subsets].map(([name, { wins, n }]) => [name, wins / n])));
  }
}

/** Tokens given to the model for a row; 0 for an error, and for a judge's verdict, which does not say. */
export function countTokens(scored: OutputRow): number {
  if ('error' in scored || 'pChosen' in scored) return 0;
  if ('margin' in scored) return scored.chosen.tokens + scored.rejected.tokens;
  if ('responses' in scored) return scored.responses.reduce((sum, { tokens }) => sum + tokens, 0);
  return scored.tokens;
}

/** Whether the chosen response of a pair scores higher (1), as high (0) or lower (-1); null for other rows. */
function compareResponses(scored: OutputRow): -1 | 0 | 1 | null {
  if ('pChosen' in scored) return compare(scored.pChosen, 0.5);
  if (!('margin' in scored)) return null;
  return scored.judged === undefined
    ? compare(scored.chosen.score, scored.rejected.score)
    : compare(scored.judged.pChosen, 0.5);
}

function compare(a: number, b: number): -1 | 0 | 1 {
  return a === b ? 0 : b < a ? 1 : -1;
}

function count(counts: PairCounts, outcome: -1 | 0 | 1): void {
  counts.n += 1;
  if (outcome === 1) counts.wins += 1;
  if (outcome === 0) counts.ties += 1;
}

function summarise({ n, wins, ties }: PairCounts): PairSummary {
  return { n, wins, ties, accuracy: n === 0 ? null : wins / n };
}
