import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { Checkpoint } from '../../core/checkpoint/checkpoint';
import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { JobContext } from '../../core/jobContext';
import type { HeadFile } from '../../core/reward/headFile';
import { loadHeadFile } from '../checkpoint/loadHeadFile';
import { openUsableCheckpoint } from '../checkpoint/openUsableCheckpoint';
import { openDataInputs } from '../promptFile/dataInput';
import { exportArmorm, type ArmormExport } from './exportArmorm';
import { exportFolder } from './exportFolder';
import { exportRows, type ExportRowsParams, type RowsExport } from './exportRows';
import { openEvaluatedHead } from './openEvaluatedHead';

export type HeadExport = ArmormExport | RowsExport;

export interface ExportHeadParams {
  /** A head file; for rows also a whole reward checkpoint. */
  readonly head: string;
  /** The body; default: what the head file says it was trained on. */
  readonly model?: string | undefined;
  /** Folder from which relative references start. */
  readonly cwd?: string | undefined;
  readonly format: 'armorm' | 'lmflow' | 'trl';
  /** A folder that does not exist yet. */
  readonly output: string;
  /** `armorm`: copies the body instead of linking it. */
  readonly isCopying?: boolean | undefined;
  /** `lmflow`, `trl`: files with rows to score. */
  readonly rows?: readonly string[] | undefined;
  /** `lmflow`, `trl`: pairs are kept above this confidence; default: all. */
  readonly threshold?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly truncate?: boolean | undefined;
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads?: number | undefined;
}

/**
 * Writes a head for other programs: as a checkpoint in ArmoRM's layout, or as rows that it has scored, for LMFlow or TRL.
 * The folder is complete or absent.
 * @throws AlidadeError `usage`, `exists`, `not_found`, `unsupported`, `weights`, `row`, `no_space`, `cancelled`.
 */
export async function exportHead(params: ExportHeadParams, context: JobContext): Promise<HeadExport> {
  const { format, rows = [], threshold } = params;
  const output = resolve(params.cwd ?? process.cwd(), params.output);
  if (format === 'armorm' && (0 < rows.length || threshold !== undefined)) {
    throw new AlidadeError({
      code: 'usage',
      message: 'the format armorm has no rows',
      hint: 'leave --rows and --threshold out',
    });
  }
  if (format !== 'armorm' && rows.length === 0) {
    throw new AlidadeError({
      code: 'usage',
      message: `the format ${format} is made of rows`,
      hint: 'give files with --rows',
    });
  }
  if (format !== 'armorm') {
    // Before the model, which may take long to open.
    await openDataInputs({ paths: rows, columns: 'all' });
    return exportFolder(output, (place) => exportScored({ ...params, format, rows, place }, context), context);
  }
  return exportFolder(
    output,
    async ({ result: folder }) => {
      const { head, body } = await openParts(params, context);
      return exportArmorm({ head, body, folder, isCopying: params.isCopying ?? false }, context);
    },
    context,
  );
}

type ScoredParams = ExportHeadParams &
  Pick<ExportRowsParams, 'format' | 'place'> & { readonly rows: readonly string[] };

async function exportScored(params: ScoredParams, context: JobContext): Promise<RowsExport> {
  const { format, rows, threshold, maxTokens, truncate = false, place } = params;
  const { model, metadata } = await openEvaluatedHead(params, context);
  try {
    const trained = metadata?.body.maxTokens;
    // A head that has seen the ends of long texts is asked about the ends of long texts.
    const isAsTrained = maxTokens === undefined && trained !== undefined;
    const options = { maxTokens: maxTokens ?? trained, truncate: truncate || isAsTrained };
    return await exportRows({ format, model, inputs: rows, threshold: threshold ?? null, options, place }, context);
  } finally {
    await model.release();
  }
}

/** A head file and its body. @throws AlidadeError `usage`, and as `loadHeadFile` and `openUsableCheckpoint`. */
async function openParts(
  { head: name, model, cwd = process.cwd() }: ExportHeadParams,
  context: JobContext,
): Promise<{ readonly head: HeadFile; readonly body: Checkpoint }> {
  const path = resolve(cwd, name);
  const found = await stat(path).catch(() => null);
  if (found?.isFile() !== true) {
    throw new AlidadeError({
      code: found === null ? 'not_found' : 'usage',
      message: found === null ? `${name} does not exist` : `${name} is a folder, not a head file`,
      hint: "ArmoRM's layout is made of a head file and its body",
    });
  }
  const head = await loadHeadFile(path);
  const reference = model ?? head.metadata.body.reference;
  if (reference === undefined) {
    throw new AlidadeError({
      code: 'usage',
      message: `${name} does not say where its body is, only that it is called ${head.metadata.body.name}`,
      hint: 'name it with --model',
    });
  }
  const { checkpoint } = await openUsableCheckpoint({ reference, cwd }, context);
  return { head, body: checkpoint };
}
