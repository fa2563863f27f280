import { Disposable, Position, window, workspace } from 'vscode';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import { debounce } from '../debounce';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { affectsSetting, readSetting } from '../readSetting';
import type { RowScores } from './rowScores';

/** Milliseconds after the last edit or scroll. */
const settleDelay = 300;

/**
 * As `alidade.lens.autoScore` says: scores the rows in view in the background. What scrolls away or is edited before its
 * turn is cancelled. Stops after a failure of the model until the settings change or a score succeeds.
 */
export function registerVisibleRowScoring(documents: DataDocuments, scores: RowScores): Disposable {
  const running = new Map<string, AbortController>();

  const visibleRows = (): Map<string, ScorableRow> => {
    const rows = new Map<string, ScorableRow>();
    const when = readSetting('lens.autoScore');
    const isWanted = when === 'always' || (when === 'whenFast' && scores.isFast);
    if (!isWanted || !readSetting('lens.enabled')) return rows;
    for (const { document, visibleRanges } of window.visibleTextEditors) {
      if (!documents.holdsRows(document)) continue;
      for (const { start, end } of visibleRanges) {
        for (let line = start.line; line <= end.line; line += 1) {
          const row = documents.rowAt(document, new Position(line, 0))?.data.row ?? null;
          if (row !== null) rows.set(JSON.stringify(row), row);
        }
      }
    }
    return rows;
  };

  const update = (): void => {
    const wanted = visibleRows();
    for (const [key, controller] of running) {
      if (!wanted.has(key)) controller.abort();
    }
    if (scores.modelFailure !== null) return;
    for (const [key, row] of wanted) {
      if (running.has(key) || scores.known(row) !== null) continue;
      const controller = new AbortController();
      running.set(key, controller);
      scores
        .score(row, { signal: controller.signal, priority: 'background' })
        // The lens says what went wrong; nobody asked for this score.
        .catch(() => {})
        .finally(() => running.delete(key));
    }
  };

  const settled = debounce(update, settleDelay);
  // A file may be in view already, of which no event will tell.
  settled.call();
  return Disposable.from(
    settled,
    window.onDidChangeTextEditorVisibleRanges(settled.call),
    window.onDidChangeVisibleTextEditors(settled.call),
    workspace.onDidChangeTextDocument(settled.call),
    scores.onDidChange(settled.call),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.autoScore', 'lens.enabled')) update();
    }),
    new Disposable(() => running.forEach((controller) => controller.abort())),
  );
}
