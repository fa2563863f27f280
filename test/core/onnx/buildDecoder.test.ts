import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { expectedTensors } from '../../../src/core/checkpoint/expectedTensors';
import type { ModelConfig } from '../../../src/core/checkpoint/modelConfig';
import { parseModelConfig } from '../../../src/core/checkpoint/parseModelConfig';
import { AlidadeError } from '../../../src/core/alidadeError';
import { describeDecoder } from '../../../src/core/onnx/architectures/describeDecoder';
import { buildDecoder } from '../../../src/core/onnx/buildDecoder';
import type { DecoderProgram, WeightSource } from '../../../src/core/onnx/buildDecoder';
import { listDecoderLinears, listDecoderTensors } from '../../../src/core/onnx/decoderDescription';
import { ZeroPoints, multiplyChannels, quantiseTokens } from '../../../src/core/onnx/linearFormats';
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
    linear: (value, { weight, outputs, inputs, layout }) =>
      layout === 'conv1d'
        ? op.matMul(value, dense(weight, [inputs, outputs]))
        : op.matMul(value, dense(weight, [outputs, inputs]), { transposeRight: true }),
    rows: (name, shape, indices) => op.gather(dense(name, shape), indices),
    smoothing: () => null,
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
      cacheOutput: 'rows',
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

  for (const attention of ['fused', 'plain'] as const) {
    it(`writes quantised products beside ${attention} attention`, () => {
      const place = { file: '/w', offset: 0, length: 4 };
      const zeroPoints = new ZeroPoints();
      const weights: WeightSource = {
        ...weightsOf((_, shape) => shape),
        linear: (value, { weight, outputs, inputs }) =>
          multiplyChannels(quantiseTokens(value, zeroPoints), {
            values: externalConstant(weight, 'int8', [inputs, outputs], place),
            scales: externalConstant(`${weight}#s`, 'float32', [outputs], place),
          }),
      };
      const program = {
        layerCount: 2,
        finalNorm: true,
        languageModelHead: true,
        attention,
        cache: 'sequence',
        cacheOutput: 'rows',
      } as const;
      const graph = buildDecoder(describeDecoder(configOf()), weights, program);
      assert.ok(1000 < writeModel({ name: 'test', ...graph, externalRoot: '/' }).length);
    });
  }

  it('refuses weights of another shape than the layer needs', () => {
    const config = configOf();
    assert.throws(
      () =>
        buildDecoder(
          describeDecoder(config),
          weightsOf((name, shape) => (name.endsWith('q_proj.weight') ? [16, 17] : shape)),
          {
            layerCount: 2,
            finalNorm: true,
            languageModelHead: false,
            attention: 'fused',
            cache: 'sequence',
            cacheOutput: 'rows',
          },
        ),
      /matMul of \[1,tokens,16\] and \[16,17\]/,
    );
  });
});

interface FamilyCase {
  readonly name: string;
  readonly configs: readonly unknown[];
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

const { cases } = JSON.parse(readFileSync('test/references/modelFamilies.json', 'utf8')) as {
  readonly cases: readonly FamilyCase[];
};

describe('describeDecoder', () => {
  for (const { name, configs, tensors } of cases) {
    const config = parseModelConfig(configs[0], 'config.json');

    it(`${name}: has the tensors that transformers 5.23.0 saves, and a checkpoint is checked for them`, () => {
      const { 'lm_head.weight': head, 'embed_out.weight': neoXHead, ...body } = tensors;
      const show = ([tensor, shape]: readonly [string, readonly (number | null)[]]): string =>
        `${tensor} [${shape.join()}]`;
      const wanted = Object.entries(body).map(show).sort();
      const listed = listDecoderTensors(describeDecoder(config));
      assert.deepEqual(listed.map((tensor) => show([tensor.name, tensor.shape])).sort(), wanted);
      const checked = expectedTensors(config, null).filter((tensor) => tensor.name !== 'lm_head.weight');
      assert.deepEqual(checked.map((tensor) => show([tensor.name, tensor.shape])).sort(), wanted);
      assert.equal((head ?? neoXHead) === undefined, config.tiedEmbeddingsKey === true);
    });

    for (const attention of ['fused', 'plain'] as const) {
      it(`${name}: its graph with ${attention} attention asks for those tensors and no others`, () => {
        const asked = new Set(build(config, { languageModelHead: false, attention }).asked);
        const listed = listDecoderTensors(describeDecoder(config)).map((tensor) => tensor.name);
        assert.deepEqual([...asked].sort(), listed.sort());
      });
    }
  }

  it('lists every matrix of the layers once, with the layout in which it is stored', () => {
    for (const { name, configs, tensors } of cases) {
      const linears = listDecoderLinears(describeDecoder(parseModelConfig(configs[0], 'config.json')));
      const matrices = Object.entries(tensors).filter(
        ([tensor, shape]) => shape.length === 2 && /\.(layers|h)\./.test(tensor),
      );
      assert.deepEqual(linears.map(({ weight }) => weight).sort(), matrices.map(([tensor]) => tensor).sort(), name);
      for (const { weight, outputs, inputs, layout } of linears) {
        assert.deepEqual(tensors[weight], layout === 'linear' ? [outputs, inputs] : [inputs, outputs]);
      }
    }
  });

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
