import assert from 'node:assert/strict';
import { expectedTensors } from '../../../src/core/checkpoint/expectedTensors';
import type { ModelConfig } from '../../../src/core/checkpoint/modelConfig';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { AlidadeError } from '../../../src/core/alidadeError';
import { describeDecoder } from '../../../src/core/onnx/architectures/describeDecoder';
import { buildDecoder } from '../../../src/core/onnx/buildDecoder';
import type { DecoderProgram, WeightSource } from '../../../src/core/onnx/buildDecoder';
import { listDecoderTensors } from '../../../src/core/onnx/decoderDescription';
import * as op from '../../../src/core/onnx/operators';
import { externalConstant } from '../../../src/core/onnx/value';
import type { Shape } from '../../../src/core/onnx/value';
import { writeModel } from '../../../src/core/onnx/writeModel';
import { tinyLlamaConfig } from '../../fixtures/tinyCheckpoint';
import { tinyCausal } from '../../fixtures/tinyModel';

function configOf(changes: Readonly<Record<string, unknown>> = {}): ModelConfig {
  return parseModelConfig({ ...tinyLlamaConfig, ...changes }, 'config.json');
}

/** Weights of the shapes that a function of their name and shape gives, without bytes. */
function weightsOf(shapeOf: (name: string, shape: Shape) => Shape): WeightSource {
  const place = { file: '/w', offset: 0, length: 4 };
  const dense: WeightSource['dense'] = (name, shape) => externalConstant(name, 'float32', shapeOf(name, shape), place);
  return {
    dense,
    linear: (value, { weight, outputs, inputs }) =>
      op.matMul(value, dense(weight, [outputs, inputs]), { transposeRight: true }),
    rows: (name, shape, indices) => op.gather(dense(name, shape), indices),
  };
}

function build(config: ModelConfig, program: Partial<DecoderProgram> = {}): { bytes: Uint8Array; asked: string[] } {
  const asked: string[] = [];
  const graph = buildDecoder(
    describeDecoder(config),
    weightsOf((name, shape) => {
      asked.push(name);
      return shape;
    }),
    {
      layerCount: config.layerCount,
      finalNorm: true,
      languageModelHead: true,
      attention: 'fused',
      cache: 'sequence',
      ...program,
    },
  );
  return { bytes: writeModel({ name: 'test', ...graph, externalRoot: '/' }), asked };
}

describe('buildDecoder', () => {
  for (const attention of ['fused', 'plain'] as const) {
    it(`writes a model of 200 layers with ${attention} attention`, () => {
      const config = configOf({ num_hidden_layers: 200 });
      assert.ok(build(config, { attention }).bytes.length > 200 * 1000);
    });
  }

  it('asks for no weights of layers and norms that it does not run', () => {
    const { asked } = build(configOf(), { layerCount: 1, finalNorm: false, languageModelHead: false });
    assert.ok(asked.some((name) => name.startsWith('model.layers.0.')));
    const unneeded = (name: string): boolean => /^(model\.layers\.1\.|model\.norm|lm_head)/.test(name);
    assert.deepEqual(asked.filter(unneeded), []);
  });

  it('refuses weights of another shape than the layer needs', () => {
    const config = configOf();
    assert.throws(
      () =>
        buildDecoder(
          describeDecoder(config),
          weightsOf((name, shape) => (name.endsWith('q_proj.weight') ? [16, 17] : shape)),
          { layerCount: 2, finalNorm: true, languageModelHead: false, attention: 'fused', cache: 'sequence' },
        ),
      /matMul of \[1,tokens,16\] and \[16,17\]/,
    );
  });
});

describe('describeDecoder', () => {
  for (const family of ['llama', 'mistral', 'qwen2', 'qwen3'] as const) {
    it(`${family}: needs the tensors that a checkpoint is checked for, and the graph asks for no others`, () => {
      const config = configOf({
        ...tinyCausal(family),
        attention_bias: family === 'llama',
        mlp_bias: family === 'llama',
      });
      const listed = listDecoderTensors(describeDecoder(config)).map(({ name, shape }) => `${name} [${shape.join()}]`);
      const checked = expectedTensors(config, null)
        .filter(({ name }) => name !== 'lm_head.weight')
        .map(({ name, shape }) => `${name} [${shape.join()}]`);
      assert.deepEqual([...listed].sort(), checked.sort());
      const asked = new Set(build(config, { languageModelHead: false }).asked);
      assert.deepEqual(
        [...asked].sort(),
        listDecoderTensors(describeDecoder(config))
          .map(({ name }) => name)
          .sort(),
      );
    });
  }

  // As transformers 5.23.0 names them in its modeling files.
  const ownTensors: Readonly<Record<string, readonly string[]>> = {
    llama: [],
    mistral: [],
    qwen2: ['self_attn.k_proj.bias', 'self_attn.q_proj.bias', 'self_attn.v_proj.bias'],
    qwen3: ['self_attn.k_norm.weight', 'self_attn.q_norm.weight'],
  };
  for (const [family, names] of Object.entries(ownTensors)) {
    it(`${family}: has beside the nine weights that all share ${names.join(', ') || 'none'}`, () => {
      const shared = [
        ...['input_layernorm', 'post_attention_layernorm', 'mlp.down_proj', 'mlp.gate_proj', 'mlp.up_proj'],
        ...['q', 'k', 'v', 'o'].map((name) => `self_attn.${name}_proj`),
      ].map((name) => `${name}.weight`);
      const config = configOf(tinyCausal(family as 'llama'));
      const layer = listDecoderTensors(describeDecoder(config))
        .map(({ name }) => name)
        .filter((name) => name.startsWith('model.layers.1.'));
      assert.deepEqual(layer.sort(), [...shared, ...names].map((name) => `model.layers.1.${name}`).sort());
    });
  }

  it('gives Llama the biases that its configuration asks for', () => {
    const biases = (changes: object): string[] =>
      listDecoderTensors(describeDecoder(configOf({ num_hidden_layers: 1, ...changes })))
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.bias'))
        .map((name) => name.replace(/^.*\.(\w)\w*_proj\.bias$/, '$1'))
        .sort();
    assert.deepEqual(biases({ attention_bias: true }), ['k', 'o', 'q', 'v']);
    assert.deepEqual(biases({ mlp_bias: true }), ['d', 'g', 'u']);
    assert.deepEqual(biases({ ...tinyCausal('mistral'), attention_bias: true, mlp_bias: true }), []);
  });

  it('refuses families that it does not know, by name', () => {
    const config = configOf();
    const refused = (changed: ModelConfig, message: RegExp): void =>
      assert.throws(
        () => describeDecoder(changed),
        (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
      );
    refused({ ...config, modelType: 'constructor' }, /constructor/);
  });
});
