import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Message } from '../../../src/core/promptFile/message';
import { renderPromptFile } from '../../../src/engine/promptFile/renderPromptFile';
import type { PromptFileChoice } from '../../../src/engine/promptFile/renderPromptFile';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const prompty =
  '---\nname: Colours\ninputs:\n  topic:\n    type: string\n    sample: the sky\n---\nuser:\nName a colour of {{topic}}.\n';

describe('a prompt file on disk', () => {
  const folder = useTemporaryFolder();
  const write = (name: string, text: string): string => {
    const path = join(folder(), name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const render = (path: string, choice: Partial<PromptFileChoice> = {}): Promise<readonly Message[]> =>
    renderPromptFile({
      path,
      label: null,
      labelOption: '--label',
      inputs: { kind: 'first' },
      root: join(folder(), 'own'),
      ...choice,
    });

  it('is rendered with its own first input, or with the values that are given', async () => {
    const path = write('own/colours.prompty', prompty);
    assert.deepEqual(await render(path), [{ role: 'user', content: 'Name a colour of the sky.' }]);
    const inputs = { kind: 'values', values: { topic: 'the sea' } } as const;
    assert.deepEqual(await render(path, { inputs }), [{ role: 'user', content: 'Name a colour of the sea.' }]);
  });

  it('that holds several prompts is asked for one of them by name', async () => {
    const path = write('own/promptfooconfig.yaml', 'prompts:\n  - Say hello\n  - Say goodbye\n');
    const error = await rejects(() => render(path), 'usage', /holds 2 prompts/);
    assert.match(String(error.hint), /--label: Say hello, Say goodbye/);
    assert.deepEqual(await render(path, { label: 'Say goodbye' }), [{ role: 'user', content: 'Say goodbye' }]);
    await rejects(() => render(path, { label: 'Say godbye' }), 'usage', /no prompt called "Say godbye"/);
  });

  it('is refused with the line of what is wrong', async () => {
    const path = write('own/broken.prompty', prompty.replace('{{topic}}', '{% for %}'));
    await rejects(() => render(path), 'format', /broken\.prompty:\d+: /);
    const open = write('own/open.prompty', prompty.replace('    sample: the sky\n', ''));
    await rejects(() => render(open), 'template', /`topic` has no value/);
    await rejects(() => render(join(folder(), 'own', 'none.prompty')), 'not_found');
  });

  it('reads what it refers to below the folder of the work only, also by way of links', async () => {
    write('own/parts/part.txt', 'Name a colour.');
    write('outside.txt', 'secret');
    symlinkSync(join(folder(), 'outside.txt'), join(folder(), 'own', 'parts', 'link.txt'));
    const config = (reference: string): string =>
      write('own/configs/promptfooconfig.yaml', `prompts:\n  - file://${reference}\n`);
    assert.deepEqual(await render(config('../parts/part.txt')), [{ role: 'user', content: 'Name a colour.' }]);
    await rejects(() => render(config('../../outside.txt')), 'permission', /promptfooconfig\.yaml:2: .+ lies outside/);
    await rejects(() => render(config('../parts/link.txt')), 'permission', /lies outside/);
    await rejects(() => render(config('../parts/none.txt')), 'not_found');
    // A file that lies elsewhere has its own folder only.
    const root = join(folder(), 'own', 'parts');
    await rejects(() => render(config('../parts/part.txt'), { root }), 'permission');
  });
});
