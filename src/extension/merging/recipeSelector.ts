import type { DocumentSelector, TextDocument } from 'vscode';
import { isMergeRecipe, isRecipeName } from '../../core/merging/recipe/isMergeRecipe';

/** Documents that may be recipes; whether they are is seen from their text. */
export const recipeSelector: DocumentSelector = [
  { scheme: 'file', language: 'yaml' },
  { scheme: 'untitled', language: 'yaml' },
  { scheme: 'file', pattern: '**/*.merge.{yml,yaml}' },
  { scheme: 'untitled', pattern: '**/*.merge.{yml,yaml}' },
  { scheme: 'file', pattern: '**/mergekit_config.yml' },
];

/** Characters; longer files are left alone. */
const longestRecipe = 1_000_000;

export function isRecipe(document: TextDocument): boolean {
  const { scheme, path } = document.uri;
  if (scheme !== 'file' && scheme !== 'untitled') return false;
  const isNamed = isRecipeName(path);
  if (!isNamed && document.languageId !== 'yaml' && !/\.ya?ml$/i.test(path)) return false;
  // Without a copy of the whole text: its last place says how long it is.
  if (longestRecipe < document.offsetAt(document.lineAt(document.lineCount - 1).range.end)) return false;
  return isNamed || isMergeRecipe(document.getText());
}
