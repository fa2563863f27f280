import type { DocumentSelector, TextDocument } from 'vscode';
import { isHeadRecipe, isHeadRecipeName } from '../../core/training/recipe/isHeadRecipe';

/** Documents that may be head recipes; whether they are is seen from their text. */
export const headRecipeSelector: DocumentSelector = [
  { scheme: 'file', language: 'yaml' },
  { scheme: 'untitled', language: 'yaml' },
  { scheme: 'file', pattern: '**/*.head.{yml,yaml}' },
  { scheme: 'untitled', pattern: '**/*.head.{yml,yaml}' },
];

/** Characters; longer files are left alone. */
const longestRecipe = 1_000_000;

export function isHeadRecipeDocument(document: TextDocument): boolean {
  const { scheme, path } = document.uri;
  if (scheme !== 'file' && scheme !== 'untitled') return false;
  const isNamed = isHeadRecipeName(path);
  if (!isNamed && document.languageId !== 'yaml' && !/\.ya?ml$/i.test(path)) return false;
  // Without a copy of the whole text: its last place says how long it is.
  if (longestRecipe < document.offsetAt(document.lineAt(document.lineCount - 1).range.end)) return false;
  return isNamed || isHeadRecipe(document.getText());
}
