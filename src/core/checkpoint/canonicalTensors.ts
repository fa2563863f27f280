import { describeDecoder } from '../onnx/architectures/describeDecoder';
import { findFamily } from '../onnx/architectures/modelFamilies';
import { listDecoderTensors } from '../onnx/decoderDescription';
import type { ModelConfig } from './modelConfig';
import type { TensorEntry } from './tensorEntry';

/**
 * The tensors of a file under the names that transformers' causal model gives them: some files were written by other
 * versions, by a model of which the decoder is a part, or by the body alone, whose names lack its prefix.
 */
export function canonicalTensors(
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorEntry>,
): ReadonlyMap<string, TensorEntry> {
  const { renames = [], bodyPrefix = '' } = findFamily(config.modelType) ?? {};
  const rename = (name: string): string => renames.reduce((result, [from, to]) => result.replace(from, to), name);
  const isBodyAlone = ![...tensors.keys()].some((name) => rename(name).startsWith(bodyPrefix));
  // `layers`, `embed_tokens`, … : what the body consists of.
  const parts = new Set(
    listDecoderTensors(describeDecoder(config)).map(({ name }) => name.slice(bodyPrefix.length).split('.')[0]),
  );
  return new Map(
    [...tensors.values()].map((entry) => {
      const renamed = rename(entry.name);
      const name = isBodyAlone && parts.has(renamed.split('.')[0]) ? `${bodyPrefix}${renamed}` : renamed;
      return [name, name === entry.name ? entry : { ...entry, name, storedName: entry.name }];
    }),
  );
}
