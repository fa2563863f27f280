import { dirname } from 'node:path';
import { window, workspace } from 'vscode';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RewardTestResult } from '../../core/rewardTest/rewardTestResult';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import { readScoreSettings, type ScoreSettings } from '../reward/readScoreSettings';
import type { RewardTestText } from './rewardTestDocuments';
import { checkFileTrust } from './testModelTrust';

export interface ShownResult {
  readonly file: RewardTestText;
  readonly result: RewardTestResult;
}

/** The newest result of each test. */
export type ShownResults = Map<string, ShownResult>;

/** Opens the breakdown page with what a test has scored, under the settings of its file. */
export async function showTestBreakdown(
  { file, result, row }: ShownResult & { readonly row: ScorableRow },
  breakdown: Pick<BreakdownRegistration, 'showRow'>,
): Promise<void> {
  const test = file.parsed.tests.find(({ id }) => id === result.id);
  const range = file.toRange(test?.nameSpan ?? { start: 0, end: 0 });
  await breakdown.showRow({
    row,
    location: { file: workspace.asRelativePath(file.uri), line: range.start.line + 1 },
    settings: settingsOf(file),
    reveal: async () => {
      await window.showTextDocument(file.uri, { selection: range });
    },
  });
}

function settingsOf({ parsed, uri }: RewardTestText): ScoreSettings {
  checkFileTrust(parsed);
  const { model } = readScoreSettings();
  const { weights: _weights, ...others } = model;
  const { dtype, maxTokens, truncate, weights } = parsed.options;
  const isSame = parsed.model === null || parsed.model.value === model.reference;
  const own = isSame ? {} : { reference: parsed.model?.value ?? model.reference, cwd: dirname(uri.fsPath) };
  return {
    model: { ...others, ...own, dtype: dtype ?? model.dtype, ...(weights === undefined ? {} : { weights }) },
    ...(maxTokens === undefined ? {} : { maxTokens }),
    truncate: truncate ?? false,
  };
}
