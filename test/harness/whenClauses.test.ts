import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandIds } from '../../src/extension/commands';
import { settings } from '../../src/extension/settings';
import manifest from '../../package.json';

/** Keys that the editor sets itself. */
const editorKeys = [
  ...[
    'activeCustomEditorId',
    'activeEditor',
    'activeWebviewPanelId',
    'editorLangId',
    'editorTextFocus',
    'editorHasSelection',
  ],
  ...['explorerResourceIsFolder', 'isWorkspaceTrusted', 'resourceExtname', 'resourceFilename', 'resourceLangId'],
  ...['resourceScheme', 'resourcePath', 'view', 'viewItem', 'controllerId', 'testId', 'workspaceFolderCount'],
  // Of lists, and of the built-in Git extension.
  ...['listDoubleSelection', 'listMultiSelection', 'gitOpenRepositoryCount'],
];

interface Contribution {
  readonly command?: string;
  readonly when?: string;
  readonly enablement?: string;
}

const { menus, commands, viewsWelcome, walkthroughs } = manifest.contributes;
const palette = new Map((menus.commandPalette as Contribution[]).map(({ command, when }) => [command, when]));
const sources = readdirSync(join('src', 'extension'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join('src', 'extension', name), 'utf8'));

describe('when clauses', () => {
  it('keep commands that need an argument out of the palette', () => {
    const table = readFileSync(join('src', 'extension', 'commands.ts'), 'utf8');
    const signatures = [...table.matchAll(/readonly '(alidade\.\w+)': readonly \[([^\]]*)\]/g)];
    assert.equal(signatures.length, commandIds.length);
    const needing = signatures.filter(([, , first]) => /^\w+:/.test(first ?? '')).map(([, id]) => id ?? '');
    assert.ok(needing.includes('alidade.useAsRewardModel'));
    assert.deepEqual(
      needing.filter((id) => palette.get(id) !== 'false'),
      [],
    );
  });

  it('hide in the palette what is disabled', () => {
    const disabled = (commands as Contribution[]).filter(({ enablement }) => enablement !== undefined);
    const different = disabled.filter(
      ({ command, enablement }) => ![enablement, 'false'].includes(palette.get(command)),
    );
    assert.deepEqual(
      different.map(({ command }) => command),
      [],
    );
  });

  it('name every command once in the palette, and only commands of the table', () => {
    assert.equal(palette.size, menus.commandPalette.length);
    assert.deepEqual(
      [...palette.keys()].filter((id) => !commandIds.includes(id ?? '')),
      [],
    );
  });

  it('use only keys that the editor or the extension sets', () => {
    const clauses = [...Object.values(menus).flat(), ...commands, ...viewsWelcome].flatMap((entry: Contribution) => [
      ...(entry.when === undefined ? [] : [entry.when]),
      ...(entry.enablement === undefined ? [] : [entry.enablement]),
    ]);
    const events = walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents));
    const contexts = events.flatMap((event) => (event.startsWith('onContext:') ? [event.slice(10)] : []));
    const keys = new Set([...clauses, ...contexts].flatMap(keysOf));
    assert.ok(keys.has('alidade.dataFileActive') && keys.has('view'));
    const names = [...editorKeys, ...Object.keys(settings).map((name) => `config.alidade.${name}`)];
    const isSet = (key: string): boolean =>
      sources.some((source) => source.includes('setContext') && source.includes(`'${key}'`));
    assert.deepEqual(
      [...keys].filter((key) => !(key.startsWith('alidade.') ? isSet(key) : names.includes(key))),
      [],
    );
  });
});

/** The left sides of a clause: `view == x && !y` has `view` and `y`. */
function keysOf(clause: string): string[] {
  const withoutValues = clause.replace(/(==|!=|=~|\bin\b)\s*('[^']*'|\/(?:[^/\\]|\\.)*\/\w*|[\w.]+)/g, '');
  return [...withoutValues.matchAll(/[A-Za-z][\w.]*/g)]
    .map(([key]) => key)
    .filter((key) => !['true', 'false'].includes(key));
}
