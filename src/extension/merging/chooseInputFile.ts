import { dirname } from 'node:path';
import { l10n, Uri, window } from 'vscode';
import type { ScoreInput } from '../../protocol/mergePreviewView';

/** A file to measure merges on; null: the user has thought better of it. @param near a path: the dialog opens there. */
export async function chooseInputFile(input: ScoreInput, near: string): Promise<string | null> {
  const titles: Record<ScoreInput, string> = {
    rows: l10n.t('Rows to Score'),
    prompts: l10n.t('Prompts to Answer'),
    texts: l10n.t('Texts to Read'),
  };
  const data = ['jsonl', 'ndjson', 'json', 'csv', 'tsv', 'parquet'];
  const [chosen] =
    (await window.showOpenDialog({
      title: titles[input],
      openLabel: l10n.t('Measure on This File'),
      defaultUri: Uri.file(dirname(near)),
      filters: {
        ...(input === 'texts'
          ? { [l10n.t('Texts and data')]: ['txt', 'md', ...data] }
          : { [l10n.t('Data files')]: data }),
        [l10n.t('All files')]: ['*'],
      },
    })) ?? [];
  return chosen?.fsPath ?? null;
}
