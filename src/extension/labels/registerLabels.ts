import { commands, Disposable, window, workspace } from 'vscode';
import { debounce } from '../debounce';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { RowScores } from '../reward/rowScores';
import { registerCheckLabels } from './checkLabels';
import { registerLabelFixes } from './labelFixes';
import { LabelScores } from './labelScores';
import { LabelWatch } from './labelWatch';
import { registerLargeFiles } from './largeFiles';

/** Milliseconds after the last edit. */
const settleDelay = 200;

/** Problems of data files, their quick fixes, and the check of a whole file. */
export function registerLabels(documents: DataDocuments, scores: RowScores): Disposable {
  const labelScores = new LabelScores(scores);
  const watch = new LabelWatch({ documents, scores: labelScores });
  return Disposable.from(
    labelScores,
    watch,
    registerCheckLabels({ documents, scores, labelScores, watch }),
    registerLabelFixes({ documents, labelScores, watch }),
    registerLargeFiles(),
    registerPairsContext(documents),
  );
}

/** Keeps the context key `alidade.pairsActive` in step with the active editor. */
function registerPairsContext(documents: DataDocuments): Disposable {
  const update = (): void => {
    const document = window.activeTextEditor?.document;
    const isActive = document !== undefined && documents.holdsPairs(document);
    void commands.executeCommand('setContext', 'alidade.pairsActive', isActive);
  };
  const settled = debounce(update, settleDelay);
  update();
  return Disposable.from(
    settled,
    window.onDidChangeActiveTextEditor(update),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (document === window.activeTextEditor?.document) settled.call();
    }),
  );
}
