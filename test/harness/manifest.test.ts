import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { commandIds } from '../../src/extension/commands';
import { settings } from '../../src/extension/settings';
import manifest from '../../package.json';
import texts from '../../package.nls.json';

interface Property {
  readonly default: unknown;
  readonly scope: string;
}

const properties = manifest.contributes.configuration.flatMap(
  (group) => Object.entries(group.properties) as [string, Property][],
);

describe('the manifest', () => {
  it('has exactly the commands of the table', () => {
    const contributed = manifest.contributes.commands.map(({ command }) => command);
    assert.deepEqual([...contributed].sort(), [...commandIds].sort());
  });

  it('uses only commands that exist in its menus and texts', () => {
    const used = [...JSON.stringify([manifest.contributes.menus, texts]).matchAll(/alidade(?:\.[a-z]\w*)+/gi)].map(
      ([id]) => id,
    );
    const names = new Set([
      ...commandIds,
      ...properties.map(([name]) => name),
      'alidade.models',
      'alidade.runs',
      'alidade.breakdown',
      'alidade.comparison',
      'alidade.dataset',
      'alidade.rewardTests',
      'alidade.merge',
      'alidade.mergePreview',
      'alidade.checkpoint',
      'alidade.checkpointIndex',
    ]);
    const contextKeys = [
      'alidade.dataFileActive',
      'alidade.breakdownOpen',
      'alidade.starterPresent',
      'alidade.pairsActive',
      'alidade.labelsChecking',
      'alidade.contradictedFound',
      'alidade.duplicatesFound',
      'alidade.promptFileActive',
      'alidade.answersMade',
      'alidade.headComparable',
      'alidade.shownTests',
      'alidade.mergeRecipeActive',
      'alidade.mergePreviewOpen',
      'alidade.headRecipeActive',
      'alidade.headFiles',
    ];
    assert.deepEqual(
      used.filter((id) => !names.has(id) && !contextKeys.includes(id)),
      [],
    );
  });

  it('has exactly the settings of the table, with their defaults and scopes', () => {
    const contributed = properties.map(([name, { default: value, scope }]) => [name, { default: value, scope }]);
    const expected = Object.entries(settings).map(([name, { default: value, scope }]) => [
      `alidade.${name}`,
      { default: value, scope },
    ]);
    assert.deepEqual(Object.fromEntries(contributed), Object.fromEntries(expected));
  });

  it('restricts in untrusted workspaces what the table restricts', () => {
    const restricted = Object.entries(settings).filter(([, row]) => row.restricted);
    assert.deepEqual(
      [...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort(),
      restricted.map(([name]) => `alidade.${name}`).sort(),
    );
  });

  it('takes every text from package.nls.json, and every text is used', () => {
    const used = [...JSON.stringify(manifest).matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? '');
    assert.deepEqual([...new Set(used)].sort(), Object.keys(texts).sort());
  });

  it('names only files that exist', () => {
    const paths = [...JSON.stringify(manifest.contributes).matchAll(/"(?:\.\/)?(media\/[^"]+)"/g)].map(
      ([, path]) => path ?? '',
    );
    assert.deepEqual(
      paths.filter((path) => !existsSync(path)),
      [],
    );
    assert.ok(0 < paths.length);
  });

  it('has every text of the extension and its pages in l10n/, and no other', async () => {
    const { textFiles } = (await import(pathToFileURL(resolve('scripts', 'collectTexts.mjs')).href)) as {
      textFiles(): Promise<Record<string, string>>;
    };
    for (const [name, content] of Object.entries(await textFiles())) {
      const [there, wanted] = [readFileSync(join('l10n', name), 'utf8').split('\n'), content.split('\n')];
      const missing = wanted.filter((line) => !there.includes(line));
      const superfluous = there.filter((line) => !wanted.includes(line));
      assert.deepEqual({ missing, superfluous }, { missing: [], superfluous: [] }, `${name}: run npm run texts`);
    }
  });
});
