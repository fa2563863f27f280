import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TensorStatistics } from '../../src/core/checkpoint/tensorStatistics';
import type { WeightComparison } from '../../src/core/merging/weightDifference';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { tinyLlamaConfig, tinyTensors, writeTinyCheckpoint } from '../fixtures/tinyCheckpoint';
import { writeSafetensors } from '../fixtures/writeSafetensors';
import { runCli, type CliResult } from './runCli';

describe('alidade merge diff, and inspect --tensor', function () {
  this.timeout(60_000);
  const folder = useTemporaryFolder();
  beforeEach(() => {
    writeTinyCheckpoint({ folder: join(folder(), 'a') });
    const tensors = tinyTensors(tinyLlamaConfig).map((tensor) =>
      tensor.name.includes('layers.1.mlp.up_proj')
        ? { ...tensor, data: (tensor.data as Float32Array).map((value) => value * 2) }
        : tensor,
    );
    writeTinyCheckpoint({ folder: join(folder(), 'b'), tensors, shards: 2 });
  });

  function run(...args: readonly string[]): Promise<CliResult> {
    return runCli([...args, '--quiet'], { cwd: folder() });
  }

  it('prints how far two models are apart, as JSON and as a table', async () => {
    const { stdout, status } = await run('merge', 'diff', 'a', 'b', '--json');
    assert.equal(status, 0);
    const comparison = JSON.parse(stdout) as WeightComparison;
    assert.deepEqual(
      comparison.layers.map(({ layer, changed }) => [layer, changed]),
      [
        [null, 0],
        [0, 0],
        [1, 384],
      ],
    );
    const up = comparison.layers[2].tensors.find(({ changed }) => 0 < changed);
    assert.deepEqual([up?.name, up?.relativeL2], ['model.layers.1.mlp.up_proj.weight', 1]);
    const table = await run('merge', 'diff', 'a', 'b');
    assert.match(table.stdout, /^ +layer +values +cosine .*embedding +attention +mlp +norm +finalNorm +head$/m);
    assert.match(table.stdout, /^model\.layers\.1\.mlp\.up_proj\.weight +24×16 +384 +1\.000000 +1\.0000 +100\.00 %$/m);
  });

  it('names what has nothing to be compared with, and what is not there', async () => {
    writeFileSync(join(folder(), 'c.safetensors'), writeSafetensors({ tensors: [{ name: 'w', shape: [2] }] }));
    const { stdout, stderr, status } = await run('merge', 'diff', 'a', 'c.safetensors');
    assert.equal(status, 0);
    assert.match(stderr, /^warning: the two have no tensor/m);
    assert.match(stdout, /^not compared, only in b\nw +F32 \[2\]$/m);
    const missing = await run('merge', 'diff', 'a', 'nowhere', '--json');
    assert.equal(missing.status, 1);
    assert.match(missing.stderr, /"code":"not_found"/);
    assert.equal((await run('merge', 'diff', 'a')).status, 2);
  });

  it('measures a tensor of a checkpoint', async () => {
    const name = 'model.layers.1.mlp.up_proj.weight';
    const { stdout } = await run('inspect', 'b', '--tensor', name, '--json');
    const measured = JSON.parse(stdout) as {
      readonly name: string;
      readonly shape: readonly number[];
      readonly statistics: TensorStatistics;
    };
    const values = tinyTensors(tinyLlamaConfig).find((tensor) => tensor.name === name)?.data as Float32Array;
    const norm = Math.sqrt(values.reduce((sum, value) => sum + 4 * value * value, 0));
    assert.deepEqual([measured.name, measured.shape], [name, [24, 16]]);
    assert.ok(Math.abs(measured.statistics.norm - norm) < 1e-9 * norm);
    const text = await run('inspect', 'a', '--tensor', name);
    assert.match(text.stdout, /^values +384$/m);
    assert.match(text.stdout, /#{60}$/m);
  });

  it('measures tensors of single files and of unknown architectures, and finds a misspelt name', async () => {
    const tensors = [{ name: 'net.weight', shape: [2], data: [3, 4] }];
    writeFileSync(join(folder(), 'c.safetensors'), writeSafetensors({ tensors }));
    const { stdout } = await run('inspect', 'c.safetensors', '--tensor', 'net.weight', '--json');
    assert.equal((JSON.parse(stdout) as { readonly statistics: TensorStatistics }).statistics.norm, 5);
    const misspelt = await run('inspect', 'c.safetensors', '--tensor', 'net.wieght');
    assert.equal(misspelt.status, 1);
    assert.match(misspelt.stderr, /has no tensor net\.wieght: did you mean net\.weight\?/);
  });
});
