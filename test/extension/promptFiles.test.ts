import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CodeLens, Diagnostic, TextEditor } from 'vscode';
import { commands, DiagnosticSeverity, languages, Uri, workspace } from 'vscode';
import type { Memento } from 'vscode';
import { parsePromptFile } from '../../src/core/prompt/parsePromptFile';
import { missingVariables, PromptInputs } from '../../src/extension/prompt/promptInputs';
import { readReferences } from '../../src/extension/prompt/promptReferences';
import { writeGatedModel } from '../fixtures/gatedModel';
import { openText, promptyText, replaceText } from './promptBench';
import { hoverText, setSetting, until, useBench } from './workbench';

const topicInput = 'inputs:\n  topic:\n    type: string\n    sample: the sky\n';

describe('prompt files', function () {
  this.timeout(60_000);
  const bench = useBench();
  const open = (name: string, text: string): Promise<TextEditor> => openText(bench.folder, name, text);

  async function lensTitles({ document }: TextEditor): Promise<string[]> {
    const lenses = await commands.executeCommand<CodeLens[]>('vscode.executeCodeLensProvider', document.uri, 20);
    return lenses.map(({ command }) => command?.title ?? '');
  }
  const problems = ({ document }: TextEditor): Diagnostic[] =>
    languages.getDiagnostics(document.uri).filter(({ source }) => source === 'Alidade');
  const problem = (editor: TextEditor, message: RegExp): Promise<Diagnostic> =>
    until(`a problem like ${message}`, () => problems(editor).find((each) => message.test(each.message)));

  it('have lenses above their prompts, with the input in use', async () => {
    const editor = await open('lens.prompty', promptyText('Name a colour of {{topic}}.', topicInput));
    const titles = await until('the lenses', async () => {
      const found = await lensTitles(editor);
      return found.length === 3 && found;
    });
    assert.equal(titles[0], 'Generate and Score');
    assert.match(titles[1] ?? '', /^Inputs: ./);
    assert.equal(titles[2], 'Compare Versions…');
    const plain = await open('lens.prompt.md', 'Name a colour.\n');
    assert.deepEqual(await lensTitles(plain), ['Generate and Score', 'Compare Versions…']);
  });

  it('are others too where the setting names them, and no other Markdown', async () => {
    mkdirSync(join(bench.folder, 'chosen'), { recursive: true });
    const editor = await open('chosen/plain.md', 'Name a colour.\n');
    assert.deepEqual(await lensTitles(editor), []);
    await setSetting('promptFiles', ['**/chosen/*.md']);
    await until('the lenses', async () => (await lensTitles(editor)).includes('Generate and Score'));
    assert.deepEqual(await lensTitles(await open('other.md', 'Hello\n')), []);
    await setSetting('promptFiles', undefined);
    assert.deepEqual(await lensTitles(editor), []);
  });

  it('say where a broken front matter is broken', async () => {
    const editor = await open('broken.prompty', '---\nname: [Colours\ninputs: }\n---\nuser:\nName a colour.\n');
    const { range, severity } = await problem(editor, /./);
    assert.equal(severity, DiagnosticSeverity.Error);
    assert.ok(range.start.line < 4, `line ${range.start.line}`);
    await replaceText(editor, '[Colours\ninputs: }', 'Colours');
    await until('it is mended', () => problems(editor).length === 0);
  });

  it('stop a template that never ends, and say so', async () => {
    const endless =
      '{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}';
    const editor = await open('endless.prompty', promptyText(endless));
    const begin = performance.now();
    const { severity } = await problem(editor, /./);
    assert.equal(severity, DiagnosticSeverity.Error);
    assert.ok(performance.now() - begin < 10_000);
    assert.match(await hoverText(editor.document, 4, 'for a'), /Not rendered/);
    await assert.doesNotReject(async () => commands.executeCommand('alidade.showRenderedPrompt'));
  });

  it('are fine with variables that nobody has given a value yet, and say so on hover', async () => {
    const editor = await open('open.prompt.md', 'Name a colour of ${input:topic:what it is of}.\n');
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.deepEqual(problems(editor), []);
    assert.match(await hoverText(editor.document, 0, 'topic'), /\*\*topic\*\* · what it is of[^]*No value yet/);
  });

  it('say on hover what a variable is and where its value comes from', async () => {
    const editor = await open('variable.prompty', promptyText('Name a colour of {{topic}}.', topicInput));
    const text = await hoverText(editor.document, editor.document.lineCount - 2, 'topic');
    assert.match(text, /\*\*topic\*\*[^]*the sky[^]*from the input/);
    assert.match(text, /command:alidade\.choosePromptInput/);
  });

  it('explain the keys of their header', async () => {
    const editor = await open('keys.prompty', promptyText('Name a colour.', topicInput));
    assert.match(await hoverText(editor.document, 2, 'inputs'), /variables/);
    assert.doesNotMatch(await hoverText(editor.document, 8, 'Name a'), /^The variables/);
  });

  it('show on hover what a model without a gate measures, and that its weights do not depend on the prompt', async () => {
    const editor = await open('ungated.prompt.md', 'Name a colour.\n');
    const text = await hoverText(editor.document, 0, 'colour');
    assert.match(text, /Measures helpful, brief\. The weights do not depend on the prompt/);
    assert.match(text, /\d+ tokens · tiny · f32 · cpu/);
    assert.match(text, /command:alidade\.generateAndScore\?/);
  });

  it('show on hover what a gate will weigh, and how that differs from the saved file', async () => {
    const gated = join(bench.folder, 'gated');
    writeGatedModel(gated);
    await setSetting('rewardModel', gated);
    try {
      const editor = await open('gated.prompt.md', 'Name a colour.\n');
      const text = await hoverText(editor.document, 0, 'colour');
      assert.match(text, /What a response will be weighed by[^]*Coefficient/);
      assert.equal(text.match(/\| `[+−]?\d/g)?.length, 3);
      assert.match(text, /\d+ tokens · gated · f32 · cpu/);
      assert.doesNotMatch(text, /saved/);
      await replaceText(editor, 'colour', 'sorting algorithm, with its cost, in C');
      const edited = await hoverText(editor.document, 0, 'algorithm');
      assert.match(edited, /Differs from the saved file by[^]*\| `[+−]\d/);
    } finally {
      await setSetting('rewardModel', bench.model);
    }
  });

  it('are shown rendered beside the file, in step with it', async () => {
    const editor = await open('rendered.prompty', promptyText('Name a colour of {{topic}}.', topicInput));
    await commands.executeCommand('alidade.showRenderedPrompt');
    const rendered = await until('the rendered prompt', () =>
      workspace.textDocuments.find(
        ({ uri }) => uri.scheme === 'alidade-prompt' && uri.path.includes('rendered.prompty'),
      ),
    );
    assert.match(rendered.getText(), /── user ──\s+Name a colour of the sky\./);
    await replaceText(editor, 'Name a colour', 'Describe the weather');
    await until('it is in step', () => rendered.getText().includes('Describe the weather of the sky.'));
  });

  it('read what they refer to within their folder only, and follow it', async () => {
    writeFileSync(join(bench.folder, 'part.txt'), 'Name a colour of {{topic}}.\n');
    writeFileSync(join(bench.folder, '..', 'alidade-outside.txt'), 'secret');
    try {
      const editor = await open(
        'promptfooconfig.yaml',
        'prompts:\n  - file://part.txt\n  - file://../alidade-outside.txt\ntests:\n  - vars:\n      topic: the sky\n',
      );
      const { range } = await problem(editor, /lies outside .+ and is not read/);
      assert.equal(range.start.line, 2);
      assert.match(await hoverText(editor.document, 1, 'part'), /Measures helpful/);
      writeFileSync(join(bench.folder, 'part.txt'), '{% for %}\n');
      await until('the change is seen', () =>
        problems(editor).some(({ severity }) => severity === DiagnosticSeverity.Error),
      );
    } finally {
      rmSync(join(bench.folder, '..', 'alidade-outside.txt'));
    }
  });

  it('read nothing outside their own folder in a workspace that is not trusted', async () => {
    const [root] = workspace.workspaceFolders ?? [];
    assert.ok(root);
    const document = Uri.joinPath(root.uri, 'prompts', 'x.prompty');
    const reference = { path: '../README.md', span: { start: 0, end: 1 } };
    const original = Object.getOwnPropertyDescriptor(workspace, 'isTrusted');
    assert.ok(original);
    Object.defineProperty(workspace, 'isTrusted', { ...original, get: () => false });
    try {
      const [read] = await readReferences(document, [reference]);
      assert.equal(read?.text, null);
      assert.match(read.problem ?? '', /lies outside/);
    } finally {
      Object.defineProperty(workspace, 'isTrusted', original);
    }
  });

  it('of more than a megabyte are left alone', async () => {
    const editor = await open('long.prompt.md', `${'Name a colour. '.repeat(70_000)}\n{{`);
    assert.deepEqual(await lensTitles(editor), []);
    assert.deepEqual(problems(editor), []);
  });

  describe('remember their inputs', () => {
    const file = parsePromptFile({
      text: promptyText(
        'Name a {{kind}} of {{topic}}.',
        'inputs:\n  topic:\n    type: string\n  kind:\n    type: string\n',
      ),
      path: 'x.prompty',
    });
    const [prompt] = file.prompts;

    function memento(): Memento {
      const kept = new Map<string, unknown>();
      return {
        keys: () => [...kept.keys()],
        get: <Value>(key: string, fallback?: Value) => (kept.has(key) ? (kept.get(key) as Value) : fallback),
        // As the editor keeps it: as JSON.
        update: (key: string, value: unknown) => {
          kept.set(key, JSON.parse(JSON.stringify(value)));
          return Promise.resolve();
        },
      };
    }

    /** Presses a button of the input box at hand, once it is there. */
    async function press(command: string): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await commands.executeCommand(command);
    }

    it('ask for what has no value, one after the other, with a way back, and keep it', async () => {
      assert.ok(prompt);
      const { document } = await open('ask.prompty', promptyText('x'));
      const inputs = new PromptInputs(memento());
      assert.deepEqual(
        missingVariables(prompt, { topic: 'x' }).map(({ name }) => name),
        ['kind'],
      );
      const given = { topic: 'the sky', kind: 'colour' };
      const entering = inputs.enterInput(document, prompt, { variables: prompt.variables, given });
      await press('workbench.action.acceptSelectedQuickOpenItem');
      await press('workbench.action.quickInputBack');
      await press('workbench.action.acceptSelectedQuickOpenItem');
      await press('workbench.action.acceptSelectedQuickOpenItem');
      const entered = await entering;
      assert.deepEqual(entered?.values, given);
      assert.deepEqual(inputs.chosenInput(document, file)?.values, given);
      assert.equal(inputs.inputsOf(document, file).length, 1);
      await inputs.remove(document, entered?.name ?? '');
      assert.equal(inputs.inputsOf(document, file).length, 0);
      inputs.dispose();
    });

    it('do not take an empty value, and give up when the user does', async () => {
      assert.ok(prompt);
      const { document } = await open('cancel.prompty', promptyText('x'));
      const inputs = new PromptInputs(memento());
      const entering = inputs.completeInput(document, file, prompt);
      await press('workbench.action.acceptSelectedQuickOpenItem');
      await press('workbench.action.closeQuickOpen');
      assert.equal(await entering, undefined);
      assert.deepEqual(inputs.inputsOf(document, file), []);
      inputs.dispose();
    });
  });
});
