import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../../src/engine/checkpoint/openCheckpoint';
import { openTokenizer } from '../../../src/engine/checkpoint/openTokenizer';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyModel } from '../../fixtures/tinyModel';

describe('openTokenizer', () => {
  const folder = useTemporaryFolder();
  const open = async (name: string, text: string): Promise<unknown> => {
    const path = join(folder(), 'model');
    writeTinyModel({ folder: path });
    writeFileSync(join(path, name), text);
    return openTokenizer(await openCheckpoint(path, quietContext()));
  };

  it('names the checkpoint whose tokenizer cannot be used', async () => {
    await rejects(() => open('tokenizer.json', '{"version":"1.0"}'), 'format', /model: tokenizer\.json/);
  });

  it('names the checkpoint whose chat template cannot be parsed', async () => {
    await rejects(() => open('chat_template.jinja', '{% for %}'), 'template', /model: the chat template/);
  });
});
