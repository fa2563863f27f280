import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { countOf, describeBytes } from '../../core/describeQuantity';
import { inputsOf } from '../../core/promptFile/inputsOf';
import type { DataRow } from '../../core/promptFile/parseDataFile';
import type { FeatureSpec } from '../../core/training/featureMatrix';
import { openDataInputs, type DataInput } from '../../engine/promptFile/dataInput';
import { openFeatureSource, type FeatureSource } from '../../engine/training/featureSource';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { Terminal } from '../terminal';
import type { headsFeaturesOptions } from './headsOptions';

type Call = CommandCall<typeof headsFeaturesOptions>;

/** Rows that are held in memory at once. */
const mostRows = 4096;
/** Bad rows that are told one by one. */
const mostTold = 5;

/** `alidade heads features` */
export async function makeFeatures({ positionals, options, terminal, context }: Call): Promise<ExitStatus> {
  const paths = positionals.length === 0 ? ['-'] : positionals;
  // Before the model, which may take long to open.
  const inputs = await openDataInputs({ paths, standardInput: process.stdin });
  const { model: reference, output, place: places, device, dtype, threads, truncate } = options;
  const maxTokens = options['max-tokens'] ?? null;
  const spec: FeatureSpec = { layer: options.layer ?? 'final', places };
  const folder = resolve(output);
  const source = await openFeatureSource(
    { reference, spec, maxTokens, truncate, folder, device, dtype, threads },
    context,
  );
  try {
    const failures = new Failures(terminal);
    let rows = 0;
    for await (const part of cutParts(inputs, context.signal)) {
      rows += part.length;
      await readPart(source, part, failures, context);
    }
    await source.release();
    const bytes = await countBytes(source.folder);
    const { texts, made, kept } = source.counts;
    const summary = { rows, errors: failures.rows, texts, made, kept, bytes, folder: source.folder, ...spec };
    if (options.json) await terminal.writeJson({ ...summary, model: source.body });
    else await terminal.write(`${describe(summary)}\n`);
    if (rows === 0) terminal.warn('no rows');
    if (failures.rows === 0) return exitStatus.done;
    throw new AlidadeError({ code: 'row', message: `${failures.rows} of ${countOf(rows, 'row')} have no features` });
  } finally {
    await source.release();
  }
}

async function readPart(
  source: FeatureSource,
  rows: readonly DataRow[],
  failures: Failures,
  context: Call['context'],
): Promise<void> {
  const texts = rows.flatMap(({ id, row }) => (row === null ? [] : inputsOf(row).map((input) => ({ id, input }))));
  for (const { id, row, error } of rows) if (row === null) failures.add(id, error?.message ?? 'cannot be read');
  const { places } = await source.read(
    texts.map(({ input }) => input),
    context,
  );
  let failed: string | null = null;
  places.forEach((place, index) => {
    const { id } = texts[index];
    if (!('error' in place) || id === failed) return;
    failed = id;
    failures.add(id, place.error.message);
  });
}

/** Rows without features; the first few are told. */
class Failures {
  readonly #terminal: Terminal;
  rows = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  add(id: string, message: string): void {
    this.rows += 1;
    if (mostTold < this.rows) return;
    this.#terminal.fail(message.startsWith('row ') ? message : `row ${id}: ${message}`);
  }
}

async function* cutParts(inputs: readonly DataInput[], signal: AbortSignal): AsyncGenerator<DataRow[]> {
  let part: DataRow[] = [];
  for (const input of inputs) {
    for await (const row of input.rows({ signal })) {
      part.push(row);
      if (part.length < mostRows) continue;
      yield part;
      part = [];
    }
  }
  if (0 < part.length) yield part;
}

async function countBytes(folder: string): Promise<number> {
  const names = await readdir(folder).catch((): string[] => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** "120 texts: 100 made, 20 there already; 24 MB in features/SmolLM2…" */
function describe(summary: {
  readonly texts: number;
  readonly made: number;
  readonly kept: number;
  readonly bytes: number;
  readonly folder: string;
}): string {
  const { texts, made, kept, bytes, folder } = summary;
  return `${countOf(texts, 'text')}: ${made} made, ${kept} there already; ${describeBytes(bytes)} in ${folder}`;
}
