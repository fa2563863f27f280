import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { l10n, QuickPickItemKind, window, workspace, type QuickPickItem } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { parseScoreLine } from '../../core/dataset/parseScoreLine';
import type { Progress } from '../../core/jobContext';
import { parseDataFile, parseDataLine } from '../../core/promptFile/parseDataFile';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { pairsOf, type ComparedPair } from '../../core/reward/labelAgreement';
import type { RewardBreakdown } from '../../core/reward/rewardBreakdown';
import type { LabelledPairs } from '../../protocol/breakdownView';
import type { RowScores } from './rowScores';

/** A finished run of the model in question. */
export interface FinishedRun {
  /** Absolute path of the file that was scored. */
  readonly input: string;
  /** Its scores, as JSON lines. */
  readonly outputPath: string;
  readonly modelHash: string;
}

export interface LabelledPairsParams {
  readonly modelHash: string;
  readonly runs: readonly FinishedRun[];
  readonly scores: Pick<RowScores, 'scoreBatch'>;
  readonly onProgress: (progress: Progress) => void;
  /** Pairs that are scored by then are enough. */
  readonly signal: AbortSignal;
}

/** Pairs that are read: their agreement is known to 3 % then. */
const mostPairs = 1000;
/** Rows that are scored at a time: after each of them a stop is heard. */
const batchRows = 8;
/** Bytes of a JSON file, which is read whole. */
const largestJsonFile = 50_000_000;

/**
 * Lets the user choose a finished run or a file with labelled pairs, and scores those of a file.
 * @returns null when the user would rather not.
 * @throws AlidadeError `usage` when the model in use is not the one in question, `format`, `not_found`, and what scoring throws.
 */
export async function readLabelledPairs(params: LabelledPairsParams): Promise<LabelledPairs | null> {
  const chosen = await chooseSource(params.runs.filter(({ modelHash }) => modelHash === params.modelHash));
  if (chosen === null) return null;
  return chosen.kind === 'run' ? readRunPairs(chosen.run) : scoreFilePairs(chosen.path, params);
}

type Source = { readonly kind: 'run'; readonly run: FinishedRun } | { readonly kind: 'file'; readonly path: string };

async function chooseSource(runs: readonly FinishedRun[]): Promise<Source | null> {
  if (runs.length === 0) return chooseFile();
  interface Item extends QuickPickItem {
    readonly run?: FinishedRun;
  }
  const file: Item = { label: `$(folder-opened) ${l10n.t('Choose a File…')}` };
  const items: readonly Item[] = [
    file,
    { label: l10n.t('Finished runs of this model'), kind: QuickPickItemKind.Separator },
    ...runs.map((run) => ({
      label: `$(beaker) ${basename(run.input)}`,
      description: workspace.asRelativePath(run.input),
      run,
    })),
  ];
  const title = l10n.t('Labelled Pairs');
  const chosen = await window.showQuickPick(items, {
    title,
    placeHolder: l10n.t('Rows with a chosen and a rejected response'),
  });
  if (chosen === undefined) return null;
  return chosen.run === undefined ? chooseFile() : { kind: 'run', run: chosen.run };
}

async function chooseFile(): Promise<Source | null> {
  const chosen = await window.showOpenDialog({
    title: l10n.t('Labelled Pairs'),
    openLabel: l10n.t('Score'),
    filters: { [l10n.t('Data files')]: ['jsonl', 'ndjson', 'json'] },
    ...(workspace.workspaceFolders?.[0] === undefined ? {} : { defaultUri: workspace.workspaceFolders[0].uri }),
  });
  return chosen?.[0] === undefined ? null : { kind: 'file', path: chosen[0].fsPath };
}

/** The pairs of a finished run, the first ones of a long one. @throws AlidadeError `not_found` */
export async function readRunPairs({ input, outputPath }: FinishedRun): Promise<LabelledPairs> {
  const pairs: ComparedPair[] = [];
  let errors = 0;
  for await (const line of linesOf(outputPath)) {
    if (pairs.length === mostPairs) return { source: basename(input), pairs, errors, isWhole: false };
    const row = parseScoreLine(line);
    if (row === null) continue;
    if ('error' in row) errors += 1;
    pairs.push(...pairsOf([row]).map(slim));
  }
  return { source: basename(input), pairs, errors, isWhole: true };
}

/** Scores the pairs of a file, the first ones of a long one. @throws as `readLabelledPairs`. */
export async function scoreFilePairs(
  path: string,
  { modelHash, scores, onProgress, signal }: Omit<LabelledPairsParams, 'runs'>,
): Promise<LabelledPairs> {
  const { rows, isWhole } = await readPairs(path);
  const pairs: ComparedPair[] = [];
  let errors = 0;
  for (let start = 0; start < rows.length; start += batchRows) {
    onProgress({ message: l10n.t('Scoring pairs'), done: start, total: rows.length, unit: 'rows' });
    const batch = rows.slice(start, start + batchRows);
    const result = await scores.scoreBatch(batch, { signal, priority: 'background' }).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (result === null) return { source: basename(path), pairs, errors, isWhole: false };
    if (result.model.hash !== modelHash) throw isOtherModel();
    errors += result.rows.filter((row) => 'error' in row).length;
    pairs.push(...pairsOf(result.rows).map(slim));
  }
  return { source: basename(path), pairs, errors, isWhole };
}

/** The pairs of a file, the first ones of a long one. */
async function readPairs(path: string): Promise<{ readonly rows: readonly ScorableRow[]; readonly isWhole: boolean }> {
  const rows: ScorableRow[] = [];
  const take = (row: ScorableRow | null): void => {
    if (row?.kind === 'pair') rows.push(row);
  };
  if (path.toLowerCase().endsWith('.json')) {
    const { size } = await stat(path);
    if (largestJsonFile < size) throw isTooLarge(path);
    const text: string[] = [];
    for await (const line of linesOf(path)) text.push(line);
    for (const { row } of parseDataFile({ text: text.join('\n'), format: 'json' }).rows) take(row);
    return { rows: rows.slice(0, mostPairs), isWhole: rows.length <= mostPairs };
  }
  let number = 0;
  for await (const line of linesOf(path)) {
    if (rows.length === mostPairs) return { rows, isWhole: false };
    take(parseDataLine(line, number)?.row ?? null);
    number += 1;
  }
  return { rows, isWhole: true };
}

async function* linesOf(path: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  } catch (cause) {
    throw new AlidadeError({ code: 'not_found', message: l10n.t('{0} cannot be read', path), cause });
  }
}

/** What agreement is made of, without states or texts. */
function slim({ chosen, rejected }: ComparedPair): ComparedPair {
  const part = ({ score, tokens, truncated, objectives }: RewardBreakdown): RewardBreakdown => ({
    ...{ score, tokens, truncated },
    objectives: objectives.map(({ name, reward, gate, coefficient, contribution }) => ({
      ...{ name, reward, coefficient, contribution },
      ...(gate === undefined ? {} : { gate }),
    })),
  });
  return { chosen: part(chosen), rejected: part(rejected) };
}

function isOtherModel(): AlidadeError {
  return new AlidadeError({
    code: 'usage',
    message: l10n.t('the model in use is not the one that has scored the row in view'),
    hint: l10n.t('show a row of the model in use'),
  });
}

function isTooLarge(path: string): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: l10n.t('{0} is too large to be read here', path),
    hint: l10n.t('score it with Score File, then choose its run'),
  });
}
