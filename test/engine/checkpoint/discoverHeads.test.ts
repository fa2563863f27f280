import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cardPathOf, describeHeadFile } from '../../../src/engine/checkpoint/describeHeadFile';
import { discoverHeads } from '../../../src/engine/checkpoint/discoverHeads';
import { quietContext } from '../../fixtures/quietContext';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';
import { writeTinyHead } from '../../fixtures/tinyHead';
import { writeTinyModel } from '../../fixtures/tinyModel';

describe('head files in folders', () => {
  const folder = useTemporaryFolder();
  const path = (...names: readonly string[]): string => join(folder(), ...names);

  it('are found once, whatever else lies there', async () => {
    mkdirSync(path('deep', 'er'), { recursive: true });
    mkdirSync(path('head.part'));
    mkdirSync(path('.hidden'));
    for (const name of ['a.safetensors', 'deep/er/b.SAFETENSORS', 'head.part/c.safetensors', '.hidden/d.safetensors'])
      writeTinyHead({ file: path(name) });
    writeTinyModel({ folder: path('model') });
    writeFileSync(path('broken.safetensors'), 'no head');
    symlinkSync(folder(), path('deep', 'round'));
    const heads = await discoverHeads({ folders: [folder(), path('deep'), path('nowhere')] }, quietContext());
    assert.deepEqual(
      heads.map((head) => head.path),
      [path('a.safetensors'), path('deep', 'er', 'b.SAFETENSORS')],
    );
    assert.deepEqual([heads[0]?.metadata.name, heads[0]?.metadata.objectives.length], ['tiny meters', 3]);
  });

  it('say what they are from their header, with the card beside them', async () => {
    const file = path('head.safetensors');
    writeTinyHead({ file });
    assert.equal((await describeHeadFile(file)).card, null);
    writeFileSync(cardPathOf(file), '# Card\n');
    const { metadata, gateShape, card } = await describeHeadFile(file);
    assert.deepEqual([metadata.body.hiddenSize, gateShape, card], [32, null, '# Card\n']);
  });

  it('that are none are refused by name', async () => {
    writeTinyModel({ folder: path('model') });
    writeFileSync(path('empty.safetensors'), '');
    await rejects(() => describeHeadFile(path('model', 'model.safetensors')), 'format', /not a head file/);
    await rejects(() => describeHeadFile(path('empty.safetensors')), 'format', /0 bytes/);
    await rejects(() => describeHeadFile(path('gone.safetensors')), 'not_found', /gone/);
  });
});
