import type { ExtensionContext } from 'vscode';
import { commands, Disposable } from 'vscode';
import { registerCommand } from '../registerCommand';
import type { RowScores } from '../reward/rowScores';
import { registerExamples } from './examples';

/** Id in the manifest. */
const walkthroughId = 'start';

export interface WalkthroughParams {
  readonly context: ExtensionContext;
  readonly scores: RowScores;
}

/** The walkthrough “Get Started with Alidade”, which opens when it is asked for, and the examples that it uses. */
export function registerWalkthrough({ context, scores }: WalkthroughParams): Disposable {
  // A step of the walkthrough is done with the first score, wherever it was asked for.
  const scored = scores.onDidScore(() => {
    scored.dispose();
    void commands.executeCommand('setContext', 'alidade.hasScored', true);
  });
  return Disposable.from(
    scored,
    registerExamples(context),
    registerCommand('alidade.openWalkthrough', () =>
      commands.executeCommand('workbench.action.openWalkthrough', `${context.extension.id}#${walkthroughId}`, false),
    ),
  );
}
