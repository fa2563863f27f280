import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { HeadFileMetadata } from '../../core/reward/headFile';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { evaluateScored } from '../../core/training/evaluation/evaluateScored';
import type { HeadEvaluation } from '../../core/training/evaluation/headEvaluation';
import { readTrainedReport } from '../../core/training/readTrainedReport';
import type { GroupingRecipe } from '../../core/training/recipe/headRecipe';
import { openDataInputs, type DataInput } from '../promptFile/dataInput';
import type { ScoreOptions } from '../reward/rewardModel';
import { collectScored } from './collectScored';
import { placeLabels } from './placeLabels';
import { openEvaluatedHead, type EvaluatedHeadParams } from './openEvaluatedHead';

export interface EvaluateHeadParams extends EvaluatedHeadParams {
  /** Files with labelled rows; `-` is standard input. */
  readonly inputs: readonly string[];
  /** What `-` reads. */
  readonly standardInput?: Readable | undefined;
  /**
   * Where the label of an objective is, as `parseLabelPlace` reads it; `score` is the score. Default: in the field that is
   * named like the objective, else in the one that it was trained on.
   */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** Groups by which the errors of yes/no objectives are counted. */
  readonly groups?: GroupingRecipe | undefined;
  /** Value from which on a yes/no objective says yes. Default: ½ where the value is a probability, else none. */
  readonly threshold?: number | undefined;
  /** Default: as the head was trained, else the model's context. */
  readonly maxTokens?: number | undefined;
  readonly truncate?: boolean | undefined;
  /** Coefficients by objective name, for heads without a gate. */
  readonly weights?: Readonly<Record<string, number>> | undefined;
  /** Told once which model it is, before the first row. */
  readonly onModel?: ((description: RewardModelDescription) => void) | undefined;
}

/** Of the folds in which words are learnt: the same rows give the same figures. */
const seed = 20;

/**
 * How good a head is on rows with labels, beside what length and words alone reach.
 * @throws AlidadeError `usage` for labels of objectives that the head does not have; `row` when no row has a label, or none
 * can be scored; as `openDataInputs`, `openEvaluatedHead` and `scoreRows`.
 */
export async function evaluateHead(params: EvaluateHeadParams, context: JobContext): Promise<HeadEvaluation> {
  // Before the model, which may take long to open.
  const inputs = await openDataInputs({ paths: params.inputs, standardInput: params.standardInput, columns: 'all' });
  const { model, metadata } = await openEvaluatedHead(params, context);
  try {
    params.onModel?.(model.description);
    const objectives = placeLabels({ description: model.description, metadata, ...params });
    const options = optionsOf(params, metadata?.body.maxTokens);
    const scored = await collectScored({ model, inputs, objectives, options, groups: params.groups, seed }, context);
    const { rows, errors, pairs, texts, warnings } = scored;
    if (pairs.length === 0 && [...texts.values()].every((list) => list.length === 0)) {
      throw nothingToEvaluate(
        scored,
        objectives.map(({ objective }) => objective),
      );
    }
    context.progress({ message: 'Comparing with length and words' });
    const evaluation = evaluateScored({
      rows,
      errors,
      pairs,
      objectives: objectives.flatMap(({ objective, isAsked, threshold }) => {
        const found = texts.get(objective) ?? [];
        // An objective that no row has a label for is worth a word only if somebody named it.
        if (found.length === 0 && !isAsked) return [];
        const isYesNo = found.every(({ target }) => target === 0 || target === 1);
        const metric = isYesNo ? ('AUC' as const) : ('Spearman' as const);
        return { objective, metric, texts: found, threshold, wordBaseline: 'response' as const };
      }),
      seed,
      warnings: [...warnings, ...(await listTrainedFiles(inputs, metadata, context))],
    });
    return params.groups === undefined ? evaluation : withGroupWarnings(evaluation);
  } finally {
    await model.release();
  }
}

/** Figures on what a head was trained on say nothing of new rows. */
async function listTrainedFiles(
  inputs: readonly DataInput[],
  metadata: HeadFileMetadata | null,
  { signal }: JobContext,
): Promise<readonly string[]> {
  const trained = metadata === null ? null : readTrainedReport(metadata);
  if (trained === null) return [];
  const hashes = new Set(trained.report.data.flatMap(({ files }) => files.map(({ sha256 }) => sha256)));
  const warnings: string[] = [];
  for (const { name, hash } of inputs) {
    if (hash === null || !hashes.has(await hash(signal))) continue;
    warnings.push(`${basename(name)} is a file that the head was made with: its figures say nothing of new rows`);
  }
  return warnings;
}

/** Says why there are no error rates although they were asked for. */
function withGroupWarnings(evaluation: HeadEvaluation): HeadEvaluation {
  const warnings = evaluation.objectives.flatMap(({ objective, metric, threshold, groups }) => {
    if (metric !== 'AUC') return `${objective}: ratings have no errors to count by group, only yes/no labels have`;
    if (threshold === null) return `${objective}: without a threshold there are no errors to count by group`;
    return groups.length === 0 ? `${objective}: no row is in a group` : [];
  });
  if (evaluation.objectives.length === 0) warnings.push('no row has a label, so there are no errors to count by group');
  return { ...evaluation, warnings: [...evaluation.warnings, ...warnings] };
}

function optionsOf({ maxTokens, truncate, weights }: EvaluateHeadParams, trained: number | undefined): ScoreOptions {
  // A head that has seen the ends of long texts is asked about the ends of long texts.
  const isAsTrained = maxTokens === undefined && trained !== undefined;
  return { maxTokens: maxTokens ?? trained, truncate: truncate === true || isAsTrained, weights };
}

interface Found {
  readonly rows: number;
  readonly errors: number;
  readonly firstError: string | null;
}

function nothingToEvaluate({ rows, errors, firstError }: Found, objectives: readonly string[]): AlidadeError {
  if (rows === 0) {
    return new AlidadeError({ code: 'row', message: 'there are no rows', hint: 'give files with labelled rows' });
  }
  if (firstError !== null && errors === rows) {
    return new AlidadeError({
      code: 'row',
      message: `no row could be scored: ${firstError}`,
      hint: 'give files of rows as for alidade score',
    });
  }
  const names = objectives.slice(0, 20).join(', ');
  return new AlidadeError({
    code: 'row',
    message: 'no row is a pair (chosen, rejected) or has a label for an objective of the head',
    hint: `name the field with --label OBJECTIVE=FIELD; the objectives are ${names}`,
  });
}
