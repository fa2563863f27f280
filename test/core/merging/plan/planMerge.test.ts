import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MergePlan, PlannedTensor } from '../../../../src/core/merging/plan/mergePlan';
import { assertClose } from '../../../fixtures/assertClose';
import { writeGatedModel } from '../../../fixtures/gatedModel';
import { toBf16, toF16 } from '../../../fixtures/halfPrecision';
import { writeMergePair } from '../../../fixtures/mergePair';
import { planRecipe } from '../../../fixtures/planRecipe';
import { planText } from '../../../fixtures/planText';
import { useTemporaryFolder } from '../../../fixtures/temporaryFolder';
import { tinyCausal, writeTinyModel } from '../../../fixtures/tinyModel';

const average = `models:
  - model: sft
    parameters: {weight: [0.4, 0.3, 0.2]}
  - model: rlhf
    parameters: {weight: [0.6, 0.7, 0.8]}
merge_method: linear
`;

function tensorOf({ tensors }: MergePlan, name: string): PlannedTensor {
  return tensors.find((tensor) => tensor.name === name) ?? assert.fail(`no ${name}`);
}

function weightsOf(plan: MergePlan, name: string): readonly (number | null)[] {
  return tensorOf(plan, name).sources.map(({ weight }) => weight);
}

function companion({ companions }: MergePlan, name: string): string {
  const found = companions.find((each) => each.name === name) ?? assert.fail(`no ${name}`);
  return found.kind === 'text' ? found.text : assert.fail(`${name} is not written`);
}

/** Errors and warnings as `code: message`. */
async function complaints(text: string, folder: string): Promise<readonly string[]> {
  const { problems } = await planRecipe(text, folder);
  return problems
    .filter(({ severity }) => severity !== 'information')
    .map(({ code, severity, span }) => `${severity} ${code} at ${text.slice(span.start, span.end)}`);
}

describe('the plan of a merge', () => {
  const folder = useTemporaryFolder();

  it('has every tensor with its sources and their shares; outside the layers gradients are at their beginning', async () => {
    writeMergePair({ folder: folder(), layers: 3 });
    const [plan] = await planText(average, folder());
    assert.equal(plan.tensors.length, 3 * 9 + 3);
    assert.equal(plan.layerCount, 3);
    assert.equal(plan.dtype, 'bfloat16');
    assert.deepEqual(weightsOf(plan, 'model.embed_tokens.weight'), [0.4, 0.6]);
    assert.deepEqual(weightsOf(plan, 'model.layers.1.mlp.up_proj.weight'), [0.3, 0.7]);
    assert.deepEqual(weightsOf(plan, 'model.layers.2.input_layernorm.weight'), [0.2, 0.8]);
    assert.deepEqual(weightsOf(plan, 'model.norm.weight'), [0.4, 0.6]);
    assert.deepEqual(weightsOf(plan, 'lm_head.weight'), [0.4, 0.6]);
    assert.deepEqual(plan.dropped, []);
    const [first] = tensorOf(plan, 'lm_head.weight').sources;
    assert.deepEqual(
      [plan.models[first.model].key, first.tensor.name, first.tensor.file],
      ['sft', 'lm_head.weight', join(folder(), 'sft', 'model.safetensors')],
    );
    const groups = plan.tensors.map(({ layer, group }) => `${layer} ${group}`);
    assert.deepEqual(
      [...new Set(groups)],
      [
        'null embedding',
        ...[0, 1, 2].flatMap((layer) => ['norm', 'attention', 'mlp'].map((group) => `${layer} ${group}`)),
        'null finalNorm',
        'null head',
      ].sort((a, b) => groups.indexOf(a) - groups.indexOf(b)),
    );
  });

  it('gives weights as shares: normalised, of the base too, scales, none where the result is not linear', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const share = async (text: string): Promise<readonly (number | null)[]> => {
      const [plan] = await planText(text, folder());
      return weightsOf(plan, 'model.layers.0.mlp.up_proj.weight');
    };
    const models = (before: number, after: number): string =>
      `models:\n- model: sft\n  parameters: {weight: ${before}}\n- model: rlhf\n  parameters: {weight: ${after}}\n`;
    assert.deepEqual(await share(`${models(3, 1)}merge_method: linear`), [0.75, 0.25]);
    assert.deepEqual(
      await share(`${models(0.5, 0.25)}merge_method: linear\nparameters: {normalize: false}`),
      [0.5, 0.25],
    );
    const task =
      'models:\n- model: rlhf\n  parameters: {weight: 0.5}\nmerge_method: task_arithmetic\nbase_model: sft\n';
    assert.deepEqual(await share(`${task}parameters: {lambda: 0.5}`), [0.25, 0.75]);
    assert.deepEqual(await share(`${task}parameters: {normalize: true}`), [1, 0]);
    assert.deepEqual(
      await share('models:\n- model: sft\n- model: rlhf\nmerge_method: slerp\nbase_model: sft\nparameters: {t: 0.3}'),
      [null, null],
    );
    assert.deepEqual(
      await share('models:\n- model: sft\n  parameters: {scale: 0.5}\nmerge_method: passthrough'),
      [0.5],
    );
  });

  it('numbers stacked layers anew, takes what is before them from the first slice and what is behind from the last', async () => {
    writeMergePair({ folder: folder(), layers: 3 });
    const stacked = `slices:
- sources: [{model: sft, layer_range: [0, 2]}]
- sources: [{model: rlhf, layer_range: [1, 3]}]
- sources: [{model: rlhf, layer_range: [2, 3]}]
merge_method: passthrough
`;
    const [plan] = await planText(stacked, folder());
    assert.equal(plan.layerCount, 5);
    const origin = (name: string): string => {
      const [source] = tensorOf(plan, name).sources;
      return `${plan.models[source.model].key} ${source.tensor.name}`;
    };
    assert.equal(origin('model.embed_tokens.weight'), 'sft model.embed_tokens.weight');
    assert.equal(origin('model.layers.2.mlp.up_proj.weight'), 'rlhf model.layers.1.mlp.up_proj.weight');
    assert.equal(origin('model.layers.4.mlp.up_proj.weight'), 'rlhf model.layers.2.mlp.up_proj.weight');
    assert.equal(origin('lm_head.weight'), 'rlhf lm_head.weight');
    const config = JSON.parse(companion(plan, 'config.json')) as Record<string, unknown>;
    assert.equal(config['num_hidden_layers'], 5);
    const reasons = new Map(plan.dropped.map(({ model, tensor, reason }) => [`${model} ${tensor}`, reason]));
    assert.equal(reasons.size, 9 + 9 + 2 + 1);
    assert.equal(reasons.get('0 model.layers.2.mlp.up_proj.weight'), 'layer 2 is in no slice');
    assert.equal(reasons.get('0 lm_head.weight'), 'what comes behind the layers is taken from the last slice');
    assert.equal(
      reasons.get('1 model.embed_tokens.weight'),
      'what comes before the layers is taken from the first slice',
    );
  });

  it('lets lists of the configuration follow the layers, and leaves everything else in it as it is written', async () => {
    const kinds = ['full_attention', 'sliding_attention', 'full_attention'];
    for (const name of ['sft', 'rlhf']) {
      writeTinyModel({
        folder: join(folder(), name),
        config: { ...tinyCausal('qwen2'), num_hidden_layers: 3, layer_types: kinds, torch_dtype: 'float32', odd: 1e-7 },
      });
    }
    const [plan] = await planText(
      `slices:
- sources: [{model: sft, layer_range: [1, 3]}]
- sources: [{model: rlhf, layer_range: [1, 2]}]
merge_method: passthrough
out_dtype: bfloat16
`,
      folder(),
    );
    const config = JSON.parse(companion(plan, 'config.json')) as Record<string, unknown>;
    assert.deepEqual(config['layer_types'], ['sliding_attention', 'full_attention', 'sliding_attention']);
    assert.equal(config['torch_dtype'], 'bfloat16');
    assert.match(companion(plan, 'config.json'), /"odd":\s*1e-7/);
  });

  it('takes embeddings for a head where a model has none of its own, and says that', async () => {
    const config = { ...tinyCausal('llama'), num_hidden_layers: 2 };
    writeTinyModel({ folder: join(folder(), 'rlhf'), config });
    const writeTied = (name: string): void =>
      writeTinyModel({
        folder: join(folder(), name),
        config: { ...config, tie_word_embeddings: true },
        mapTensors: (tensors) => tensors.filter((tensor) => tensor.name !== 'lm_head.weight'),
      });
    writeTied('sft');
    const text = average.replace(/\[[^\]]*\]/g, '0.5');
    const { stages, problems } = await planRecipe(text, folder());
    const [plan] = stages;
    assert.deepEqual(
      tensorOf(plan, 'lm_head.weight').sources.map(({ tensor }) => tensor.name),
      ['model.embed_tokens.weight', 'lm_head.weight'],
    );
    assert.deepEqual(
      problems.map(({ code, severity, span }) => [code, severity, text.slice(span.start, span.end)]),
      [['tied_head', 'information', 'sft']],
    );
    // transformers would tie the embeddings and forget the head.
    const merged = JSON.parse(companion(plan, 'config.json')) as Record<string, unknown>;
    assert.equal(merged['tie_word_embeddings'], false);
    writeTied('rlhf');
    const [tied] = await planText(text, folder());
    assert.equal(
      tied.tensors.some(({ name }) => name === 'lm_head.weight'),
      false,
    );
  });

  it('merges the heads of reward models, copies one that only the base has, and tells of one that is left out', async () => {
    writeGatedModel(join(folder(), 'armo'));
    writeGatedModel(join(folder(), 'armo2'));
    writeTinyModel({ folder: join(folder(), 'sft'), config: tinyCausal('llama'), chatTemplate: null });
    const [both] = await planText(average.replace('sft', 'armo').replace('rlhf', 'armo2'), folder());
    assert.deepEqual(weightsOf(both, 'gating.layers.0.weight'), [0.4, 0.6]);
    assert.equal(tensorOf(both, 'regression_layer.weight').group, 'head');

    writeTinyModel({
      folder: join(folder(), 'rm'),
      chatTemplate: null,
      mapTensors: (tensors) => tensors.filter(({ name }) => name !== 'lm_head.weight'),
    });
    const { stages, problems } = await planRecipe(average.replace('sft', 'rm').replace('rlhf', 'sft'), folder());
    const [plan] = stages;
    assert.equal(tensorOf(plan, 'score.weight').method, 'copy');
    assert.equal(tensorOf(plan, 'score.weight').sources.length, 1);
    assert.deepEqual(
      plan.dropped.map(({ model, tensor }) => [model, tensor]),
      [[1, 'lm_head.weight']],
    );
    const codes = new Set(problems.map(({ code }) => code));
    for (const code of ['copied_tensor', 'dropped_tensor', 'head_differs']) assert.ok(codes.has(code), code);

    const reversed = await planRecipe(average.replace('rlhf', 'rm'), folder());
    assert.equal(tensorOf(reversed.stages[0], 'lm_head.weight').method, 'copy');
    assert.ok(reversed.stages[0].dropped.some(({ tensor }) => tensor === 'score.weight'));
    const told = reversed.problems.find(({ code }) => code === 'dropped_tensor');
    assert.match(told?.message ?? '', /^score\.weight of rm does not come into the output: sft has no such tensor/);
  });

  it('writes in the format that is asked for, else in that of the recipe, else in that of the models', async () => {
    const write = (name: string, map: typeof toBf16): void =>
      writeTinyModel({
        folder: join(folder(), name),
        config: tinyCausal('llama'),
        mapTensors: (tensors) => tensors.map(map),
      });
    write('sft', toBf16);
    write('rlhf', toF16);
    const kinds = async (more: string, dtype: 'float16' | null = null): Promise<readonly string[]> => {
      const [plan] = await planText(average + more, folder(), { dtype });
      const config = JSON.parse(companion(plan, 'config.json')) as Record<string, unknown>;
      assert.equal(config['torch_dtype'], plan.dtype);
      return [...new Set(plan.tensors.map((tensor) => `${tensor.dtype} ${tensor.workingDtype}`))];
    };
    // As torch: two unlike halves make F32.
    assert.deepEqual(await kinds(''), ['F32 F32']);
    assert.deepEqual(await kinds('dtype: bfloat16\n'), ['BF16 BF16']);
    assert.deepEqual(await kinds('dtype: float32\nout_dtype: bfloat16\n'), ['BF16 F32']);
    assert.deepEqual(await kinds('dtype: float32\nout_dtype: bfloat16\n', 'float16'), ['F16 F32']);
  });

  it('lets a later document build on the result of an earlier one', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const text = `name: half
${average}---
models:
- model: half
  parameters: {weight: 0.5}
- model: rlhf
  parameters: {weight: 0.5}
merge_method: linear
`;
    const [half, last] = await planText(text, folder());
    assert.deepEqual([half.name, last.name], ['half', null]);
    const { sources } = tensorOf(last, 'lm_head.weight');
    const model = last.models[sources[0].model];
    assert.deepEqual([model.key, model.path, model.fingerprint], ['half', 'half', null]);
    const { place } = tensorOf(half, 'lm_head.weight');
    assert.equal(sources[0].tensor.file, half.files[place.file].name);
    assert.equal(sources[0].tensor.offset, place.offset);
    assert.ok(last.companions.some(({ kind, name }) => kind === 'copy' && name === 'tokenizer.json'));
    // What the first stage computes decides the bytes of the second.
    const [, other] = await planText(text.replace('0.4, 0.3, 0.2', '0.5, 0.5, 0.5'), folder());
    assert.notEqual(other.fingerprint, last.fingerprint);
  });

  it('has a fingerprint of all that decides the bytes, and of nothing else', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const print = async (text: string, options = {}): Promise<string> => {
      const [plan] = await planText(text, folder(), options);
      return plan.fingerprint;
    };
    const first = await print(average);
    assert.equal(await print(`# a comment\n${average}`), first);
    for (const other of [
      print(average.replace('0.2', '0.1')),
      print(average, { shardBytes: 20_000 }),
      print(average, { arithmetic: 'mergekit' }),
      print(average, { seed: 1 }),
      print(`${average}out_dtype: float32\n`),
    ]) {
      assert.notEqual(await other, first);
    }
  });

  it('cuts a model of several parts by the modules of the recipe, and counts layers of each', async () => {
    const parts = (name: string): void =>
      writeTinyModel({
        folder: join(folder(), name),
        config: { ...tinyCausal('llama'), num_hidden_layers: 2 },
        mapTensors: (tensors) => [
          ...tensors.map((tensor) => ({ ...tensor, name: `language_model.${tensor.name}` })),
          ...[0, 1, 2].map((layer) => ({
            name: `vision_tower.encoder.layers.${layer}.fc1.weight`,
            shape: [2, 2],
            data: new Float32Array(4),
          })),
          { name: 'multi_modal_projector.weight', shape: [2, 2], data: new Float32Array(4) },
        ],
      });
    parts('sft');
    parts('rlhf');
    const text = `modules:
  text_decoder:
    models:
    - model: sft
      parameters: {weight: [1, 0]}
    - model: rlhf
      parameters: {weight: [0, 1]}
  vision_tower:
    models:
    - model: sft
      parameters: {weight: [0, 1]}
    - model: rlhf
      parameters: {weight: [1, 0]}
merge_method: linear
`;
    const { stages, problems } = await planRecipe(text, folder());
    const [plan] = stages;
    assert.equal(plan.layerCount, 2);
    assert.deepEqual(weightsOf(plan, 'language_model.model.layers.1.mlp.up_proj.weight'), [0, 1]);
    assert.deepEqual(weightsOf(plan, 'vision_tower.encoder.layers.1.fc1.weight'), [0.5, 0.5]);
    assert.deepEqual(
      plan.dropped.map(({ model, tensor }) => `${model} ${tensor}`),
      ['0 multi_modal_projector.weight', '1 multi_modal_projector.weight'],
    );
    assert.deepEqual(
      problems.filter(({ severity }) => severity === 'warning').map(({ code }) => code),
      ['dropped_tensor', 'dropped_tensor'],
    );
    assert.deepEqual(await complaints(text.replace('vision_tower', 'vision_towr'), folder()), [
      'error unknown_module at vision_towr',
    ]);
  });

  it('counts what is read and written', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const [plan] = await planText(average, folder());
    const data = plan.tensors.reduce((sum, { bytes }) => sum + bytes, 0);
    assert.equal(plan.readBytes, 2 * data);
    assert.equal(plan.bytes, data + plan.files[0].header.length);
    const [slerp] = await planText(
      'models:\n- model: sft\n- model: rlhf\nmerge_method: slerp\nbase_model: sft\nparameters: {t: 0.3}',
      folder(),
    );
    assert.equal(slerp.readBytes, 4 * data);
    assertClose([plan.peakBytes / 1e6], [100], { tolerance: 0.5, what: 'peak memory' });
  });
});

describe('the checks of a plan', () => {
  const folder = useTemporaryFolder();

  it('tell of models that cannot be read, at their places, all at once', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeTinyModel({ folder: join(folder(), 'gptq'), config: tinyCausal('llama') });
    const config = join(folder(), 'gptq', 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('{', '{"quantization_config":{"quant_method":"gptq"},'));
    const { stages, problems } = await planRecipe(average.replace('sft', 'nothing').replace('rlhf', 'gptq'), folder());
    assert.deepEqual(stages, []);
    const told = problems.filter(({ severity }) => severity === 'error');
    assert.deepEqual(
      told.map(({ code }) => code),
      ['model', 'model'],
    );
    assert.match(told[0].message, /^nothing is neither a file, a folder, nor a model in the hub cache/);
    assert.match(told[1].message, /^gptq: it is quantised \(gptq\)/);
  });

  it('tell of layers that do not fit', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeTinyModel({ folder: join(folder(), 'long'), config: { ...tinyCausal('llama'), num_hidden_layers: 4 } });
    assert.deepEqual(await complaints(average.replace('rlhf', 'long'), folder()), ['error layer_count at long']);
    assert.deepEqual(
      await complaints('slices:\n- sources: [{model: sft, layer_range: [0, 6]}]\nmerge_method: passthrough', folder()),
      ['error layer_range at [0, 6]'],
    );
    writeTinyModel({
      folder: join(folder(), 'short'),
      config: { ...tinyCausal('llama'), num_hidden_layers: 2 },
      mapTensors: (tensors) => tensors.filter(({ name }) => !name.includes('layers.1.')),
    });
    assert.ok((await complaints(average.replace('rlhf', 'short'), folder())).includes('error layer_count at short'));
  });

  it('tell of models that are not built alike', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const other = (name: string, config: Readonly<Record<string, unknown>>): void =>
      writeTinyModel({ folder: join(folder(), name), config: { ...tinyCausal('llama'), ...config } });
    other('qwen', tinyCausal('qwen2'));
    other('wide', { intermediate_size: 48 });
    other('heads', { num_attention_heads: 4, num_key_value_heads: 2 });
    other('rope', { rope_theta: 500_000 });
    assert.ok((await complaints(average.replace('rlhf', 'qwen'), folder())).includes('error architecture at qwen'));
    assert.deepEqual(await complaints(average.replace('rlhf', 'wide'), folder()), ['error shape at wide']);
    const { problems } = await planRecipe(average.replace('rlhf', 'wide'), folder());
    assert.match(
      problems.find(({ code }) => code === 'shape')?.message ?? '',
      /^model\.layers\.0\.mlp\.\w+\.weight of wide is \[48, 32\], that of sft is \[64, 32\] \(and 5 more tensors\)$/,
    );
    assert.ok((await complaints(average.replace('rlhf', 'heads'), folder())).includes('error architecture at heads'));
    const withRope = average.replace('sft', 'rope').replace('rlhf', 'rope2');
    other('rope2', { rope_theta: 10_000 });
    assert.deepEqual(await complaints(withRope, folder()), ['warning config_differs at rope2']);
  });

  it('tell of tensors that only one has', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeTinyModel({
      folder: join(folder(), 'less'),
      config: { ...tinyCausal('llama'), num_hidden_layers: 2 },
      mapTensors: (tensors) => tensors.filter(({ name }) => !name.endsWith('q_proj.weight')),
    });
    assert.deepEqual(await complaints(average.replace('rlhf', 'less'), folder()), ['error missing_tensor at less']);
    assert.deepEqual(await complaints(average.replace('sft', 'less'), folder()), ['warning dropped_tensor at rlhf']);
  });

  it('tell of numbers of tokens that differ, unless a tokenizer policy says how', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    writeTinyModel({
      folder: join(folder(), 'more'),
      config: { ...tinyCausal('llama'), num_hidden_layers: 2, vocab_size: 264 },
    });
    const text = average.replace('rlhf', 'more');
    assert.deepEqual(await complaints(text, folder()), ['error vocabulary at more']);
    assert.deepEqual(await complaints(`${text}base_model: sft\ntokenizer_source: base\n`, folder()), []);
  });

  it('tell of filters that leave tensors without a value, and of weights that cancel for some', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const some = average.replace('[0.4, 0.3, 0.2]', '[{filter: mlp, value: 0.5}]');
    const { problems } = await planRecipe(some, folder());
    const missing = problems.find(({ code }) => code === 'missing_parameter');
    assert.match(
      missing?.message ?? '',
      /^no filter of `weight` fits model\.embed_tokens\.weight of sft.* more tensors\)$/,
    );
    const cancel = average
      .replace('[0.4, 0.3, 0.2]', '[{filter: mlp, value: -1}, {value: 1}]')
      .replace('[0.6, 0.7, 0.8]', '1');
    assert.ok((await complaints(cancel, folder())).some((line) => line.startsWith('error weights_cancel')));
    const off = cancel.replace('-1', '0.5').replace('{value: 1}', '{value: 0}');
    assert.ok(
      (await complaints(`${off}parameters: {normalize: false}\n`, folder())).some((line) =>
        line.startsWith('warning weights_sum'),
      ),
    );
  });
});
