import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import { rowOfDataValue } from '../../core/promptFile/readDataRow';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from '../../core/reward/rewardBreakdown';
import { groupsAt, labelAt } from '../../core/training/evaluation/labelPlace';
import { membershipsOf } from '../../core/training/evaluation/membershipsOf';
import { readResponseText } from '../../core/training/evaluation/responseText';
import { scoredPairOf, type ScoredPair } from '../../core/training/evaluation/scoredPair';
import { scoredTextOf, type ScoredText } from '../../core/training/evaluation/scoredText';
import { WordSample } from '../../core/training/evaluation/wordSample';
import type { GroupingRecipe } from '../../core/training/recipe/headRecipe';
import type { DataInput } from '../promptFile/dataInput';
import { DatasetProgress } from '../reward/datasetProgress';
import type { ScoreOptions } from '../reward/rewardModel';
import { listBreakdowns, scoreRows, type ScoreRowsParams } from '../reward/scoreRows';
import type { PlacedObjective } from './placeLabels';
import { RowGroups } from './rowGroups';

export interface CollectScoredParams {
  readonly model: ScoreRowsParams['model'];
  readonly inputs: readonly DataInput[];
  readonly objectives: readonly PlacedObjective[];
  readonly options: ScoreOptions;
  readonly groups: GroupingRecipe | undefined;
  /** Of the sample of rows that keep their words. */
  readonly seed: number;
}

export interface CollectedRows {
  readonly rows: number;
  readonly errors: number;
  readonly firstError: string | null;
  readonly pairs: readonly ScoredPair[];
  /** By objective. */
  readonly texts: ReadonlyMap<string, readonly ScoredText[]>;
  readonly warnings: readonly string[];
}

/** A row on its way through the model. */
interface LabelledRow {
  readonly row: DataRow & { readonly row: ScorableRow };
  /** Of a single text: what its objectives should be. */
  readonly targets: ReadonlyMap<string, number>;
  readonly memberships: readonly string[];
  /** The row's own `group`; null: it has none. */
  readonly group: string | null;
  /** Bytes of all inputs that lie before its end. */
  readonly position: number;
}

/**
 * Scores the rows that have labels, pairs and single texts, in their order. Of each a few numbers are kept, and of some
 * their words.
 * @throws as `scoreRows`.
 */
export async function collectScored(params: CollectScoredParams, context: JobContext): Promise<CollectedRows> {
  const collection = new Collection(params, context);
  return collection.collect();
}

class Collection {
  readonly #params: CollectScoredParams;
  readonly #context: JobContext;
  readonly #pairs: WordSample<ScoredPair>;
  readonly #texts: ReadonlyMap<string, WordSample<ScoredText>>;
  readonly #counts = { rows: 0, errors: 0, lists: 0, unlabelled: 0 };
  /** Rows whose label is no number, by objective. */
  readonly #unreadable = new Map<string, number>();
  readonly #groups = new RowGroups();
  #firstError: string | null = null;

  constructor(params: CollectScoredParams, context: JobContext) {
    this.#params = params;
    this.#context = context;
    this.#pairs = new WordSample(params.seed);
    this.#texts = new Map(params.objectives.map(({ objective }) => [objective, new WordSample(params.seed)]));
  }

  async collect(): Promise<CollectedRows> {
    const { model, options, inputs } = this.#params;
    const sizes = inputs.map(({ size }) => size);
    const total = sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
    const now = (): number => performance.now();
    const progress = new DatasetProgress(
      { total, now, report: this.#context.progress },
      { rows: 0, errors: 0, position: 0 },
    );
    const waiting: LabelledRow[] = [];
    async function* remember(rows: AsyncIterable<LabelledRow>): AsyncGenerator<DataRow> {
      for await (const labelled of rows) {
        waiting.push(labelled);
        yield labelled.row;
      }
    }
    for await (const scored of scoreRows({ model, rows: remember(this.#readRows()), options }, this.#context)) {
      const labelled = waiting.shift();
      if (labelled === undefined) throw new Error('more results than rows');
      this.#add(labelled, scored);
      const tokens = listBreakdowns(scored).reduce((sum, breakdown) => sum + breakdown.tokens, 0);
      progress.addRow({ tokens, isError: 'error' in scored, position: labelled.position });
    }
    const { rows, errors } = this.#counts;
    return {
      rows,
      errors,
      firstError: this.#firstError,
      pairs: this.#groups.resolve(this.#pairs.rows),
      texts: new Map([...this.#texts].map(([objective, sample]) => [objective, this.#groups.resolve(sample.rows)])),
      warnings: this.#listWarnings(),
    };
  }

  /** The rows that are worth scoring; the others are counted. */
  async *#readRows(): AsyncGenerator<LabelledRow> {
    let before = 0;
    for (const { name, size, values } of this.#params.inputs) {
      let position = before;
      const onPosition = (bytes: number): void => void (position = before + bytes);
      for await (const value of values({ signal: this.#context.signal, onPosition })) {
        this.#counts.rows += 1;
        const row = rowOfDataValue(value);
        if (row.row === null) this.#countError(`${name}: ${row.error?.message ?? `row ${row.id} cannot be read`}`);
        else if (row.row.kind === 'list') this.#counts.lists += 1;
        else {
          const raw = 'value' in value ? value.value : null;
          const targets = row.row.kind === 'single' ? this.#readTargets(raw) : new Map<string, number>();
          if (row.row.kind === 'single' && targets.size === 0) this.#counts.unlabelled += 1;
          else {
            const group = groupsAt(raw, 'group').at(0) ?? null;
            const memberships = this.#listGroups(raw, row.row);
            yield { row: { ...row, row: row.row }, targets, memberships, group, position };
          }
        }
      }
      before += size ?? 0;
    }
  }

  #readTargets(value: unknown): ReadonlyMap<string, number> {
    const targets = new Map<string, number>();
    for (const { objective, places } of this.#params.objectives) {
      const target = places.map((place) => labelAt(value, place)).find((label) => label !== null);
      if (target === undefined) continue;
      if (Number.isNaN(target)) this.#unreadable.set(objective, (this.#unreadable.get(objective) ?? 0) + 1);
      else targets.set(objective, target);
    }
    return targets;
  }

  #listGroups(value: unknown, row: ScorableRow): readonly string[] {
    const { groups } = this.#params;
    if (groups === undefined || row.kind !== 'single') return [];
    if (groups.kind === 'field') return groupsAt(value, groups.field);
    return membershipsOf(readResponseText(row.input).response, groups.terms);
  }

  #add({ row: { row, subset, id }, targets, memberships, group: given }: LabelledRow, scored: ScoredRow): void {
    if ('error' in scored) {
      this.#countError(scored.error.message);
    } else if (row.kind === 'pair' && 'margin' in scored) {
      const { chosen, rejected } = row;
      const pair = scoredPairOf({ id, chosen, rejected, group: '', subset }, scored.margin);
      this.#pairs.add({ ...pair, group: this.#groups.add(given, pair.words?.prompt ?? '') });
    } else if (row.kind === 'single' && 'objectives' in scored) {
      const { input } = row;
      const group = this.#groups.add(given, readResponseText(input).prompt);
      for (const [objective, target] of targets) {
        const score = valueOf(scored, objective);
        this.#texts.get(objective)?.add(scoredTextOf({ id, input, target, group }, score, memberships));
      }
    }
  }

  #countError(message: string): void {
    this.#counts.errors += 1;
    this.#firstError ??= message;
  }

  #listWarnings(): string[] {
    const { errors, lists, unlabelled } = this.#counts;
    const warnings: string[] = [];
    if (0 < errors) warnings.push(`${countOf(errors, 'row')} could not be scored; the first: ${this.#firstError}`);
    if (0 < lists) warnings.push(`${countOf(lists, 'row')} with lists of responses ${isOrAre(lists)} not looked at`);
    if (0 < unlabelled)
      warnings.push(`${countOf(unlabelled, 'row')} without a label ${isOrAre(unlabelled)} not looked at`);
    for (const [objective, count] of this.#unreadable) {
      warnings.push(`${objective}: in ${countOf(count, 'row')} the label is no number`);
    }
    return warnings;
  }
}

function isOrAre(count: number): string {
  return count === 1 ? 'is' : 'are';
}

function valueOf(breakdown: RewardBreakdown, objective: string): number {
  return breakdown.objectives.find(({ name }) => name === objective)?.reward ?? breakdown.score;
}
