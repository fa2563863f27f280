import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

type Texts = Readonly<Record<string, string>>;

const read = (...path: string[]): Texts => JSON.parse(readFileSync(join(...path), 'utf8')) as Texts;

/** A file with the texts in English, and its translations by language. */
function family(folder: string, stem: string): { readonly english: Texts; readonly others: [string, Texts][] } {
  const pattern = new RegExp(`^${stem.replaceAll('.', '\\.')}\\.([\\w-]+)\\.json$`);
  const others = readdirSync(folder).flatMap((name): [string, Texts][] => {
    const language = pattern.exec(name)?.[1];
    return language === undefined ? [] : [[language, read(folder, name)]];
  });
  return { english: read(folder, `${stem}.json`), others };
}

const families = [family('.', 'package.nls'), family('l10n', 'bundle.l10n')];

/** What a translation has to take over as it is: values, links, and what is to be typed. */
function fixedParts(text: string): readonly string[] {
  const patterns = [/\{\d+\}/g, /\]\(command:[^)]*\)/g, /`[^`]*`/g];
  const parts = patterns.flatMap((pattern) => text.match(pattern) ?? []);
  // Commands go by their translated titles.
  return parts.filter((part) => !part.startsWith('`Alidade: ')).sort();
}

describe('translations', () => {
  it('are there for the same languages in both places', () => {
    const [manifest, bundle] = families.map(({ others }) => others.map(([language]) => language).sort());
    assert.deepEqual(manifest, bundle);
    assert.ok(manifest?.includes('de'));
  });

  it('have exactly the texts that there are', () => {
    for (const { english, others } of families) {
      for (const [language, texts] of others) {
        assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort(), language);
        assert.deepEqual(
          Object.entries(texts).filter(([, text]) => text.trim() === ''),
          [],
        );
      }
    }
  });

  it('keep values, links and code as they are', () => {
    for (const { english, others } of families) {
      for (const [, texts] of others) {
        for (const [key, text] of Object.entries(texts)) {
          assert.deepEqual(fixedParts(text), fixedParts(english[key] ?? ''), key);
        }
      }
    }
  });
});
