import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyLlamaConfig, writeTinyCheckpoint } from '../fixtures/tinyCheckpoint';
import { sharedFolder } from '../fixtures/sharedFolder';
import { runCli } from './runCli';
import { writeTinyCausal, writeTinyClassifier, writeTinyGated } from './tinyVariants';

interface Model {
  readonly path: string;
  readonly name: string;
  readonly head: { readonly kind: string; readonly objectives: readonly string[] } | null;
  readonly problems: readonly string[];
}

interface Inspection {
  readonly architecture: string;
  readonly parameters: number;
  readonly resolved: unknown;
  readonly tensors: readonly {
    readonly name: string;
    readonly file: string;
    readonly offset: number;
    readonly bytes: number;
  }[];
  readonly head: unknown;
  readonly chatTemplate: string | null;
  readonly problems: readonly string[];
}

describe('alidade models and inspect', function () {
  this.timeout(60_000);
  let folder = '';
  const environment = (): { cwd: string; env: Record<string, string> } => ({
    cwd: folder,
    env: { ALIDADE_CACHE: join(folder, '.cache'), HF_HUB_CACHE: join(folder, '.hub') },
  });
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-models-'));
    writeTinyCausal(join(folder, 'a-causal'));
    writeTinyClassifier(join(folder, 'b-classifier'), ['helpful', 'brief']);
    writeTinyGated(join(folder, 'c-gated'));
    writeTinyCheckpoint({ folder: join(folder, 'd-broken') });
    truncateSync(join(folder, 'd-broken', 'model.safetensors'), 100);
    writeTinyCheckpoint({ folder: join(folder, 'e-shards'), shards: 4 });
    const snapshot = join(folder, '.hub', 'models--org--name', 'snapshots', 'abcdef0');
    writeTinyCheckpoint({ folder: snapshot });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await runCli([...args, '--quiet'], environment());
    assert.equal(status, 0, stderr);
    return stdout;
  }

  it('lists this folder and the hub cache with the keys of the contract', async () => {
    const models = JSON.parse(await run('models', '--json')) as Model[];
    assert.deepEqual(
      models.map(({ name, head }) => [name, head === null ? null : `${head.kind} ${head.objectives.length}`]),
      [
        ['a-causal', null],
        ['b-classifier', 'classification 2'],
        ['c-gated', 'gated 19'],
        ['d-broken', null],
        ['e-shards', null],
        ['org/name', null],
      ],
    );
    const keys = ['path', 'name', 'architecture', 'parameters', 'dtype', 'bytes', 'head', 'license', 'problems'];
    for (const model of models) assert.deepEqual(Object.keys(model).sort(), [...keys].sort());
    assert.deepEqual(
      models.map(({ problems }) => 0 < problems.length),
      [false, false, false, true, false, false],
    );
  });

  it('lists only the folders that are named', async () => {
    const models = JSON.parse(await run('models', 'c-gated', 'a-causal', '--json')) as Model[];
    assert.deepEqual(
      models.map(({ path }) => path),
      [join(folder, 'c-gated'), join(folder, 'a-causal')],
    );
  });

  it('prints a table with the problems below it', async () => {
    const text = await run('models');
    assert.match(text, /^model +architecture +parameters +dtype +size +reward head +licence\n/);
    assert.match(text, /\nc-gated +LlamaForRewardModelWithGating .* gated, 19 objectives\n/);
    assert.match(text, /\nproblems\n {2}.*d-broken.*\n$/);
  });

  it('fails for a folder that is not there', async () => {
    const { status, stderr } = await runCli(['models', 'nowhere'], environment());
    assert.equal(status, 1);
    assert.match(stderr, /^error: nowhere does not exist/);
  });

  it('inspects a folder and a model of the hub cache with the keys of the contract', async () => {
    for (const reference of ['e-shards', 'org/name', 'org/name@abcdef0']) {
      const inspection = JSON.parse(await run('inspect', reference, '--json')) as Inspection;
      assert.deepEqual(Object.keys(inspection), [
        'path',
        'architecture',
        'parameters',
        'resolved',
        'tensors',
        'head',
        'chatTemplate',
        'problems',
      ]);
      assert.equal(inspection.architecture, 'LlamaForCausalLM');
      for (const tensor of inspection.tensors) {
        assert.deepEqual(Object.keys(tensor), ['name', 'dtype', 'shape', 'bytes', 'file', 'offset']);
        assert.ok(tensor.offset + tensor.bytes <= readFileSync(tensor.file).length);
      }
    }
  });

  it('prints facts and tensors for people', async () => {
    const text = await run('inspect', 'c-gated');
    assert.match(text, /^path +.*c-gated\narchitecture +LlamaForRewardModelWithGating\n/);
    assert.match(text, /\nreward head +gated, 19 objectives: helpsteer-helpfulness, /);
    assert.match(text, /\ntensor +dtype +shape +size +file\n/);
    assert.match(text, /\nreward_transform_matrix +F32 +19×19 +1\.44 kB +model\.safetensors\n/);
  });

  it('lists what does not fit the configuration, and fails for what is no checkpoint', async () => {
    writeTinyCheckpoint({ folder: join(folder, 'misfit') });
    writeFileSync(join(folder, 'misfit', 'config.json'), JSON.stringify({ ...tinyLlamaConfig, num_hidden_layers: 3 }));
    const { problems } = JSON.parse(await run('inspect', 'misfit', '--json')) as Inspection;
    assert.equal(problems.length, 9, problems.join('\n'));
    rmSync(join(folder, 'misfit'), { recursive: true });
    const broken = await runCli(['inspect', 'd-broken'], environment());
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /^error: .*d-broken.*model\.safetensors/);
  });

  it('resolves the configuration of every reference model as transformers does', async function () {
    const models = sharedFolder('oracles', 'models');
    if (models === null) return this.skip();
    for (const name of ['llama-rope-llama3', 'mistral-window', 'qwen2', 'qwen3']) {
      const expected = JSON.parse(readFileSync(join(models, name, 'expected.json'), 'utf8')) as { resolved: unknown };
      const inspection = JSON.parse(await run('inspect', join(models, name), '--json')) as Inspection;
      assert.deepEqual(inspection.resolved, expected.resolved, name);
    }
  });
});
