import { safetensorsHeaderOf } from '../../checkpoint/safetensorsHeaderOf';
import type { PlannedFile, PlannedTensor } from './mergePlan';

type TensorToPlace = Omit<PlannedTensor, 'place'>;

export interface FileLayout {
  readonly files: readonly PlannedFile[];
  /** In the order of the files. */
  readonly tensors: readonly PlannedTensor[];
  /** Text of model.safetensors.index.json; null: one file needs none. */
  readonly index: string | null;
  /** Of all files. */
  readonly bytes: number;
}

/**
 * Lays the output out to the byte: tensors in their order into files of at most so many bytes of data (a larger tensor has
 * a file of its own), each with its safetensors header. Within a file tensors of wider numbers go first, so that every
 * number lies at a multiple of its size.
 * @param shardBytes bytes of data a file.
 */
export function layOutFiles(tensors: readonly TensorToPlace[], shardBytes: number): FileLayout {
  const shards: TensorToPlace[][] = [[]];
  let held = 0;
  for (const tensor of tensors) {
    if (0 < held && shardBytes < held + tensor.bytes) {
      shards.push([]);
      held = 0;
    }
    shards[shards.length - 1].push(tensor);
    held += tensor.bytes;
  }
  const placed: PlannedTensor[] = [];
  const files = shards.map((shard, file): PlannedFile => {
    const ordered = shard
      .map((tensor) => ({ tensor, width: elementBytes(tensor) }))
      .sort((a, b) => b.width - a.width)
      .map(({ tensor }) => tensor);
    const header = safetensorsHeaderOf(ordered);
    let offset = header.length;
    for (const tensor of ordered) {
      placed.push({ ...tensor, place: { file, offset } });
      offset += tensor.bytes;
    }
    return { name: shardName(file, shards.length), header, bytes: offset };
  });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { files, tensors: placed, index: files.length === 1 ? null : indexText(placed, files), bytes };
}

function shardName(file: number, count: number): string {
  const pad = (value: number): string => String(value).padStart(5, '0');
  return count === 1 ? 'model.safetensors' : `model-${pad(file + 1)}-of-${pad(count)}.safetensors`;
}

function indexText(tensors: readonly PlannedTensor[], files: readonly PlannedFile[]): string {
  const weightMap = Object.fromEntries(tensors.map(({ name, place }) => [name, files[place.file].name]));
  const total = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${JSON.stringify({ metadata: { total_size: total }, weight_map: weightMap }, null, 2)}\n`;
}

function elementBytes({ bytes, shape }: TensorToPlace): number {
  const elements = shape.reduce((product, size) => product * size, 1);
  return elements === 0 ? 0 : bytes / elements;
}
