import { basename } from 'node:path';
import type { Progress, TextDocument } from 'vscode';
import { commands, Disposable, l10n, ProgressLocation, Uri, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { abortSignalOf } from '../abortSignalOf';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { readSetting } from '../readSetting';
import { registerCommand } from '../registerCommand';
import { offerStarter, reportError } from '../reportError';
import { formatNumber } from '../reward/formatNumber';
import type { RowScores } from '../reward/rowScores';
import type { LabelFindings } from './labelFinding';
import type { LabelScores } from './labelScores';
import type { LabelWatch } from './labelWatch';

/** Rows of a batch, and characters of their texts: a batch is what a stop may have to wait for. */
const mostBatchRows = 32;
const mostBatchCharacters = 24_000;

/** Milliseconds of work without a break, and after an edit that came in between. */
const sliceLength = 8;
const settleDelay = 300;

export interface CheckLabelsParams {
  readonly documents: DataDocuments;
  readonly scores: RowScores;
  readonly labelScores: LabelScores;
  readonly watch: LabelWatch;
}

/** `Check Labels`: scores every row of a document in the background, and looks at all of them from then on. */
export function registerCheckLabels(params: CheckLabelsParams): Disposable {
  const running = new Map<TextDocument, AbortController>();

  const setRunning = (): void => {
    const isRunning = [...running.keys()].includes(window.activeTextEditor?.document as TextDocument);
    void commands.executeCommand('setContext', 'alidade.labelsChecking', isRunning);
  };

  const check = async (document: TextDocument): Promise<void> => {
    const title = l10n.t('Checking the labels of {0}', basename(document.uri.path));
    const options = { location: ProgressLocation.Notification, title, cancellable: true };
    const stop = new AbortController();
    running.set(document, stop);
    setRunning();
    try {
      await window.withProgress(options, (progress, token) => {
        const signal = AbortSignal.any([stop.signal, abortSignalOf(token)]);
        return new LabelCheck(params, document, progress, signal).run();
      });
    } finally {
      running.delete(document);
      setRunning();
    }
    if (stop.signal.aborted || document.isClosed) return;
    await params.watch.refresh(document);
    reportCheck(document, params.watch.findings(document));
  };

  return Disposable.from(
    registerCommand('alidade.checkLabels', async (file) => {
      const document = await documentOf(file);
      if (!readSetting('diagnostics.enabled')) throw turnedOff();
      if (document === undefined || !params.documents.holdsRows(document)) throw noRows();
      if (running.has(document)) return;
      try {
        await check(document);
      } catch (error) {
        if (!params.scores.isStarterMissing) throw error;
        offerStarter();
      }
    }),
    registerCommand('alidade.stopCheckingLabels', () => {
      for (const stop of running.values()) stop.abort();
    }),
    window.onDidChangeActiveTextEditor(setRunning),
    new Disposable(() => running.forEach((stop) => stop.abort())),
  );
}

/** One walk over the rows of a document. What is scored stays known by its content, whatever is edited meanwhile. */
class LabelCheck {
  readonly #params: CheckLabelsParams;
  readonly #document: TextDocument;
  readonly #progress: Progress<{ message?: string; increment?: number }>;
  readonly #signal: AbortSignal;
  #shown = 0;

  constructor(
    params: CheckLabelsParams,
    document: TextDocument,
    progress: Progress<{ message?: string; increment?: number }>,
    signal: AbortSignal,
  ) {
    this.#params = params;
    this.#document = document;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** @throws AlidadeError from the model; a stop and a closed document end it quietly. */
  async run(): Promise<void> {
    // What needs no model first: it is there even where the model is not.
    await this.#params.watch.watchWhole(this.#document);
    while (!this.#isOver()) {
      const { version } = this.#document;
      const rows = await this.#listRows();
      if (rows === null) {
        await new Promise((resolve) => setTimeout(resolve, settleDelay));
        continue;
      }
      const waiting = rows.filter((row) => this.#params.labelScores.verdict(row) === null);
      if (waiting.length === 0) return;
      const before = rows.length - waiting.length;
      for (const batch of cutBatches(waiting)) {
        if (this.#isOver()) return;
        // Rows may be gone or others, and new ones there.
        if (this.#document.version !== version) break;
        this.#show(rows, before + batch.start);
        if (!(await this.#score(batch.rows))) return;
      }
    }
  }

  /** @returns false when it was stopped. */
  async #score(rows: readonly ScorableRow[]): Promise<boolean> {
    try {
      await this.#params.scores.scoreBatch(rows, {
        signal: this.#signal,
        priority: 'background',
        progress: ({ message }) => {
          // Until the first rows are scored the model may have to be opened, and its weights converted.
          if (this.#shown === 0) this.#progress.report({ message });
        },
      });
      return true;
    } catch (error) {
      if (error instanceof AlidadeError && error.code === 'cancelled') return false;
      throw error;
    }
  }

  #isOver(): boolean {
    return this.#signal.aborted || this.#document.isClosed;
  }

  /** Every row that can be read; null: the document has changed meanwhile. */
  async #listRows(): Promise<readonly ReadableRow[] | null> {
    const { version } = this.#document;
    const rows: ReadableRow[] = [];
    let sliceStart = performance.now();
    for (const row of this.#params.documents.allRows(this.#document)) {
      if (sliceLength <= performance.now() - sliceStart) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (this.#isOver() || this.#document.version !== version) return null;
        sliceStart = performance.now();
      }
      if (row !== null && isReadable(row)) rows.push(row);
    }
    return rows;
  }

  #show(rows: readonly DocumentRow[], done: number): void {
    const share = (100 * done) / rows.length;
    const contradicted = countOf(this.#params.watch.findings(this.#document), 'contradicted');
    const message =
      contradicted === 0
        ? l10n.t('{0} of {1} rows', done, rows.length)
        : l10n.t('{0} of {1} rows, {2} contradicted', done, rows.length, contradicted);
    this.#progress.report({ message, increment: Math.max(0, share - this.#shown) });
    this.#shown = Math.max(this.#shown, share);
  }
}

type ReadableRow = DocumentRow & { readonly data: { readonly row: ScorableRow } };

function isReadable(row: DocumentRow): row is ReadableRow {
  return row.data.row !== null;
}

interface Batch {
  /** Place of its first row among those that wait. */
  readonly start: number;
  readonly rows: readonly ScorableRow[];
}

/** Rows in their order, few enough and short enough; a long row is a batch of its own. */
function* cutBatches(waiting: readonly ReadableRow[]): Generator<Batch> {
  let [start, characters] = [0, 0];
  for (const [index, { data }] of waiting.entries()) {
    const length = data.span.end - data.span.start;
    const isFull = mostBatchRows <= index - start || mostBatchCharacters < characters + length;
    if (start < index && isFull) {
      yield { start, rows: waiting.slice(start, index).map((row) => row.data.row) };
      [start, characters] = [index, 0];
    }
    characters += length;
  }
  yield { start, rows: waiting.slice(start).map((row) => row.data.row) };
}

async function documentOf(
  file: { readonly scheme: string; readonly fsPath: string } | undefined,
): Promise<TextDocument | undefined> {
  if (!(file instanceof Uri)) return window.activeTextEditor?.document;
  return workspace.openTextDocument(file);
}

/** What was found, in one sentence. Returns at once. */
function reportCheck(document: TextDocument, findings: LabelFindings | null): void {
  if (findings === null) return;
  const parts = [
    l10n.t('{0} labels contradicted', countOf(findings, 'contradicted')),
    l10n.t('{0} duplicates', countOf(findings, 'duplicate') + countOf(findings, 'opposite')),
    l10n.t('{0} truncated rows', countOf(findings, 'truncated')),
    l10n.t('{0} rows that cannot be read or scored', countOf(findings, 'unreadable') + countOf(findings, 'unscorable')),
  ];
  const { rows, typicalMargin } = findings;
  const margin = typicalMargin === null ? '' : `. ${l10n.t('Median margin: {0}', formatNumber(typicalMargin))}`;
  const text = l10n.t('Checked {0} rows of {1}: {2}', rows, basename(document.uri.path), parts.join(', ')) + margin;
  const show = l10n.t('Show Problems');
  const shown =
    findings.list.length === 0 ? window.showInformationMessage(text) : window.showInformationMessage(text, show);
  shown.then((choice) => {
    if (choice === show) void commands.executeCommand('workbench.actions.view.problems');
  }, reportError);
}

function countOf(findings: LabelFindings | null, kind: LabelFindings['list'][number]['kind']): number {
  return findings?.list.filter((finding) => finding.kind === kind).length ?? 0;
}

function noRows(): AlidadeError {
  return new AlidadeError({
    code: 'row',
    message: l10n.t('there are no rows to check in the active editor'),
    hint: l10n.t('open a .jsonl file, or a .json file of up to 5 MB, with preference pairs'),
  });
}

function turnedOff(): AlidadeError {
  return new AlidadeError({
    code: 'usage',
    message: l10n.t('problems of data files are turned off'),
    hint: l10n.t('turn on the setting {0}', 'alidade.diagnostics.enabled'),
  });
}
