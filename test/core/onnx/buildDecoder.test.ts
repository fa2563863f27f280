import assert from 'node:assert/strict';
import { expectedTensors } from '../../../src/core/checkpoint/expectedTensors';
import type { ModelConfig } from '../../../src/core/checkpoint/modelConfig';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { AlidadeError } from '../../../src/core/alidadeError';
import { describeDecoder } from '../../../src/core/onnx/architectures/describeDecoder';
import { buildDecoder } from '../../../src/core/onnx/buildDecoder';
import type { DecoderProgram } from '../../../src/core/onnx/buildDecoder';
import { listDecoderTensors } from '../../../src/core/onnx/decoderDescription';
import { externalConstant } from '../../../src/core/onnx/value';
import { writeModel } from '../../../src/core/onnx/writeModel';
import { tinyLlamaConfig } from '../../fixtures/tinyCheckpoint';
import { tinyCausal } from '../../fixtures/tinyModel';

function configOf(changes: Readonly<Record<string, unknown>> = {}): ModelConfig {
  return parseModelConfig({ ...tinyLlamaConfig, ...changes }, 'config.json');
}

function build(config: ModelConfig, program: Partial<DecoderProgram> = {}): { bytes: Uint8Array; asked: string[] } {
  const asked: string[] = [];
  const graph = buildDecoder(
    describeDecoder(config),
    (name, shape) => {
      asked.push(name);
      return externalConstant(name, 'float32', shape, { file: '/w', offset: 0, length: 4 });
    },
    { layerCount: config.layerCount, finalNorm: true, languageModelHead: true, attention: 'fused', ...program },
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
    const wrong = { file: '/w', offset: 0, length: 4 };
    assert.throws(
      () =>
        buildDecoder(
          describeDecoder(config),
          (name, shape) => externalConstant(name, 'float32', name.endsWith('q_proj.weight') ? [16, 17] : shape, wrong),
          { layerCount: 2, finalNorm: true, languageModelHead: false, attention: 'fused' },
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

  it('refuses families and activations that it does not know, by name', () => {
    const config = configOf();
    const refused = (changed: ModelConfig, message: RegExp): void =>
      assert.throws(
        () => describeDecoder(changed),
        (error) => error instanceof AlidadeError && error.code === 'unsupported' && message.test(error.message),
      );
    refused({ ...config, modelType: 'constructor' }, /constructor/);
    refused({ ...config, activation: 'gelu' }, /gelu/);
  });
});
