import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { findFormat } from '../../core/convert/conversionFormats';
import type { JobContext } from '../../core/jobContext';
import { PseudoLabeller, type PseudoLabelCounts } from '../../core/training/export/pseudoLabel';
import { convertDataset, type Refusal } from '../convert/convertDataset';
import type { ScoreOptions } from '../reward/rewardModel';
import type { RowScorer } from '../reward/rowScorer';
import { scoreDataset } from '../reward/scoreDataset';
import type { ExportPlace } from './exportFolder';

export interface RowsExport {
  readonly format: 'lmflow' | 'trl';
  /** Rows of the inputs. */
  readonly rows: number;
  /** Rows that the model could not score. */
  readonly errors: number;
  readonly files: readonly ExportedRows[];
}

/** One file of the export. */
export interface ExportedRows {
  /** In the folder. */
  readonly name: string;
  readonly written: number;
  readonly refused: number;
  /** Of pairs. */
  readonly labels: PseudoLabelCounts | null;
  /** The first rows that are not in it. */
  readonly refusals: readonly Refusal[];
}

export interface ExportRowsParams {
  readonly format: 'lmflow' | 'trl';
  readonly model: RowScorer;
  /** Files with rows, and folders of them. */
  readonly inputs: readonly string[];
  /** Pairs are kept above this confidence; null: all of them. */
  readonly threshold: number | null;
  readonly options: ScoreOptions;
  readonly place: ExportPlace;
}

/** What a format consists of: files with rows of one of the formats of `convert`. */
const filesOf = {
  lmflow: [
    // Folders, since LMFlow takes one for a data set.
    { name: 'text_to_scored_textlist/data.json', to: 'lmflow-text-to-scored-textlist', isPair: false },
    { name: 'paired_conversation/data.json', to: 'lmflow-paired-conversation', isPair: true },
  ],
  trl: [{ name: 'preference.jsonl', to: 'trl-preference-chat', isPair: true }],
} as const;

/**
 * Scores rows and writes them as training data: for LMFlow scored replies and pairs, for TRL pairs with margin and
 * confidence. Of pairs the better reply comes first, whatever the file says.
 * @throws AlidadeError `row` when no row is left, and as `scoreDataset` and `convertDataset`.
 */
export async function exportRows(params: ExportRowsParams, context: JobContext): Promise<RowsExport> {
  const { format, model, inputs, threshold, options, place } = params;
  const output = { path: place.scores, format: 'jsonl' } as const;
  const { rows, errors } = await scoreDataset({ model, inputs, output, resume: false, options }, context);
  const files: ExportedRows[] = [];
  let lastRefusal: Refusal | undefined;
  for (const { name, to, isPair } of filesOf[format]) {
    const path = join(place.result, name);
    await mkdir(dirname(path), { recursive: true });
    const known = findFormat(to);
    if (known === null) throw new AlidadeError({ code: 'internal', message: `no format is called ${to}` });
    const labeller = isPair ? new PseudoLabeller({ threshold, hasMargins: format === 'trl' }) : null;
    const summary = await convertDataset(
      {
        inputs,
        output: { path, kind: path.endsWith('.jsonl') ? 'jsonl' : 'json' },
        from: null,
        to: known,
        isLossy: false,
        scores: place.scores,
        revise: labeller === null ? undefined : (record) => labeller.label(record),
      },
      context,
    );
    const { written, refused, refusals } = summary;
    if (written === 0)
      await rm(dirname(path) === place.result ? path : dirname(path), { recursive: true, force: true });
    else files.push({ name, written, refused, labels: labeller?.counts ?? null, refusals });
    lastRefusal = refusals[0] ?? lastRefusal;
  }
  if (files.length === 0) throw nothingLeft(rows, lastRefusal);
  return { format, rows, errors, files };
}

function nothingLeft(rows: number, first: Refusal | undefined): AlidadeError {
  const reason = first === undefined ? '' : `; ${first.input}, row ${first.line}: ${first.problem}`;
  return new AlidadeError({
    code: 'row',
    message: `none of ${rows} rows is left${reason}`,
    hint: 'give rows with at least two replies, and a lower --threshold',
  });
}
