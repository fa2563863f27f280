// npm run texts: rewrites l10n/ from the sources: bundle.l10n.json, the texts that a translation has to have, and
// pages.json, which of them each page shows. Translations (bundle.l10n.de.json) lose what is gone and are put into the
// same order; what they lack is printed.
//
// In src/extension a text is the argument of `l10n.t('…')`, in webview/ that of `t('…')`: one literal, whole sentences,
// values as {0}, {1}, …
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'prettier';
import ts from 'typescript';
import { repository } from './install.mjs';

/** Shared by all pages. */
const sharedFolder = 'shared';

/**
 * @returns {{bundle: Record<string, string>, pages: Record<string, string[]>}} both in alphabetical order
 */
export function collectTexts() {
  const extension = textsBelow(join('src', 'extension'), isEditorCall);
  const shared = textsBelow(join('webview', sharedFolder), isPageCall);
  const pages = readdirSync(join(repository, 'webview'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== sharedFolder)
    .map(({ name }) => [name, inOrder([...shared, ...textsBelow(join('webview', name), isPageCall)])])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const all = inOrder([...extension, ...pages.flatMap(([, texts]) => texts)]);
  return { bundle: Object.fromEntries(all.map((text) => [text, text])), pages: Object.fromEntries(pages) };
}

/** The files of l10n/, by name, as they should be. */
export async function textFiles() {
  const { bundle, pages } = collectTexts();
  return { 'bundle.l10n.json': await formatJson(bundle), 'pages.json': await formatJson(pages) };
}

const formatJson = (value) =>
  format(JSON.stringify(value), { parser: 'json', objectWrap: 'preserve', printWidth: 120 });

const inOrder = (texts) => [...new Set(texts)].sort();

/** `l10n.t(…)` */
const isEditorCall = (callee) =>
  ts.isPropertyAccessExpression(callee) && callee.name.text === 't' && callee.expression.getText() === 'l10n';

/** `t(…)` */
const isPageCall = (callee) => ts.isIdentifier(callee) && callee.text === 't';

/** @returns {string[]} with repetitions */
function textsBelow(folder, isTextCall) {
  const files = readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .flatMap((name) => textsOf(join(repository, folder, name), isTextCall));
}

function textsOf(file, isTextCall) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const texts = [];
  const visit = (node) => {
    if (ts.isCallExpression(node) && isTextCall(node.expression)) {
      const [text] = node.arguments;
      if (text === undefined || !ts.isStringLiteralLike(text)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        throw new Error(`${relative(repository, file)}:${line + 1}: a text has to be one literal`);
      }
      texts.push(text.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

/** @returns {Promise<string[]>} the texts that the translation lacks */
async function updateTranslation(name, bundle) {
  const file = join(repository, 'l10n', name);
  const translated = JSON.parse(readFileSync(file, 'utf8'));
  const kept = Object.keys(bundle).filter((text) => text in translated);
  writeFileSync(file, await formatJson(Object.fromEntries(kept.map((text) => [text, translated[text]]))));
  return Object.keys(bundle).filter((text) => !(text in translated));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = await textFiles();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(repository, 'l10n', name), content);
  const bundle = JSON.parse(files['bundle.l10n.json']);
  const translations = readdirSync(join(repository, 'l10n')).filter((name) =>
    /^bundle\.l10n\.[\w-]+\.json$/.test(name),
  );
  for (const name of translations) {
    for (const text of await updateTranslation(name, bundle)) console.error(`${name} lacks ${JSON.stringify(text)}`);
  }
}
