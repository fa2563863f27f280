import type { Diagnostic, TextDocument } from 'vscode';
import { Disposable, EventEmitter, languages, Position, window, workspace } from 'vscode';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { affectsSetting, readSetting } from '../readSetting';
import { reportError } from '../reportError';
import { LabelFinder } from './findLabels';
import { biasDiagnosticOf, diagnosticOf, diagnosticSource } from './labelDiagnostic';
import type { LabelFinding, LabelFindings } from './labelFinding';
import type { LabelScores } from './labelScores';

/** Milliseconds after the last edit or scroll. */
const settleDelay = 300;

const nothing: LabelFindings = { list: [], bias: null, typicalMargin: null, rows: 0, scored: 0 };

interface WatchedDocument {
  /** All its rows are looked at, not only those that were in view. */
  isWhole: boolean;
  isBusy: boolean;
  findings: LabelFindings | null;
  readonly byRow: Map<object, LabelFinding[]>;
  /** What the editor was told last, so that it is not told the same again. */
  told: string;
}

export interface LabelWatchParams {
  readonly documents: DataDocuments;
  readonly scores: LabelScores;
}

/**
 * Keeps the problems of data files up to date: of the rows that were in view, and of all rows once `watchWhole` was called.
 * Works after the typing, in slices, and only on what has changed.
 */
export class LabelWatch implements Disposable {
  readonly #params: LabelWatchParams;
  readonly #finder = new LabelFinder();
  readonly #collection = languages.createDiagnosticCollection(diagnosticSource);
  readonly #watched = new Map<TextDocument, WatchedDocument>();
  readonly #found = new EventEmitter<TextDocument>();
  readonly #listeners: Disposable;
  readonly #end = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** The findings of a document have been renewed. */
  readonly onDidFind = this.#found.event;

  constructor(params: LabelWatchParams) {
    this.#params = params;
    const later = (): void => this.#schedule('whenSettled');
    this.#listeners = Disposable.from(
      this.#collection,
      this.#found,
      window.onDidChangeVisibleTextEditors(later),
      window.onDidChangeTextEditorVisibleRanges(later),
      workspace.onDidChangeTextDocument(later),
      workspace.onDidOpenTextDocument(later),
      // Scores may come without end: what is scheduled already is not put off for them.
      params.scores.onDidChange(() => this.#schedule('soon')),
      workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      workspace.onDidChangeConfiguration((event) => {
        if (affectsSetting(event, 'diagnostics.enabled', 'diagnostics.margin')) this.#schedule('soon');
      }),
    );
    this.#schedule('soon');
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#end.abort();
    this.#listeners.dispose();
  }

  /** As of some moment ago; null: nothing is known, or nothing is to be said. */
  findings(document: TextDocument): LabelFindings | null {
    return this.#watched.get(document)?.findings ?? null;
  }

  /** What was found in a row whose text is still the same. */
  findingsOf(document: TextDocument, row: DocumentRow): readonly LabelFinding[] {
    return this.#watched.get(document)?.byRow.get(row.identity) ?? [];
  }

  /** From now on all rows are looked at. Resolves when they have been once, or the document has changed meanwhile. */
  async watchWhole(document: TextDocument): Promise<void> {
    this.#state(document).isWhole = true;
    await this.refresh(document);
  }

  async refresh(document: TextDocument): Promise<void> {
    const state = this.#state(document);
    if (document.isClosed || !readSetting('diagnostics.enabled')) {
      this.#forget(document);
      return;
    }
    if (!this.#params.documents.holdsRows(document)) {
      // Perhaps not for long: its rows may be in the making.
      if (state.findings !== null) this.#tell(document, state, nothing);
      return;
    }
    if (state.isBusy) {
      this.#schedule('soon');
      return;
    }
    state.isBusy = true;
    try {
      const { scores } = this.#params;
      const margin = Math.max(0, readSetting('diagnostics.margin'));
      const isWholeFile = state.isWhole;
      const rows = isWholeFile ? this.#params.documents.allRows(document) : this.#seenRows(document);
      const findings = await this.#finder.find({ document, rows, isWholeFile, scores, margin }, this.#end.signal);
      // After an edit the next turn is scheduled already.
      if (findings !== null && this.#watched.get(document) === state) this.#tell(document, state, findings);
    } catch (error) {
      reportError(error);
    } finally {
      state.isBusy = false;
    }
  }

  #schedule(when: 'soon' | 'whenSettled'): void {
    if (this.#timer !== undefined && when === 'soon') return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const seen = window.visibleTextEditors.map(({ document }) => document);
      const whole = [...this.#watched].filter(([, { isWhole }]) => isWhole).map(([document]) => document);
      for (const document of new Set([...seen, ...whole])) void this.refresh(document);
    }, settleDelay);
  }

  /** What was in view before stays looked at. */
  #seenRows(document: TextDocument): Iterable<DocumentRow> {
    const { documents } = this.#params;
    for (const editor of window.visibleTextEditors) {
      if (editor.document !== document) continue;
      for (const { start, end } of editor.visibleRanges) {
        for (let line = start.line; line <= end.line; line += 1) documents.anyRowAt(document, new Position(line, 0));
      }
    }
    return documents.parsedRows(document);
  }

  #tell(document: TextDocument, state: WatchedDocument, findings: LabelFindings): void {
    state.findings = findings;
    state.byRow.clear();
    for (const finding of findings.list) {
      const { identity } = finding.row;
      state.byRow.set(identity, [...(state.byRow.get(identity) ?? []), finding]);
    }
    const diagnostics = this.#diagnosticsOf(document, findings);
    const told = JSON.stringify(diagnostics);
    if (told !== state.told) this.#collection.set(document.uri, diagnostics);
    state.told = told;
    this.#found.fire(document);
  }

  #diagnosticsOf({ uri }: TextDocument, { list, bias }: LabelFindings): Diagnostic[] {
    const { model } = this.#params.scores;
    const ofFile = bias === null ? null : biasDiagnosticOf(bias);
    return [...(ofFile === null ? [] : [ofFile]), ...list.map((finding) => diagnosticOf(finding, uri, model))];
  }

  #state(document: TextDocument): WatchedDocument {
    const found = this.#watched.get(document);
    if (found !== undefined) return found;
    const state = {
      isWhole: false,
      isBusy: false,
      findings: null,
      byRow: new Map<object, LabelFinding[]>(),
      told: '[]',
    };
    this.#watched.set(document, state);
    return state;
  }

  #forget(document: TextDocument): void {
    if (!this.#watched.delete(document)) return;
    this.#collection.delete(document.uri);
    if (!document.isClosed) this.#found.fire(document);
  }
}
