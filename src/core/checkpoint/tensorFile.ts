import type { TensorEntry } from './tensorEntry';

/** One entry of the metadata of a weight file, as text. */
export interface FileMetadata {
  readonly key: string;
  /** Long values and long lists are cut, and end with `…`. */
  readonly value: string;
}

/** A file of tensors as it stands, whatever the model is: everything known from headers and small files. Plain data. */
export interface TensorFile {
  /** The file that was asked for, or the folder; absolute. */
  readonly path: string;
  readonly format: 'safetensors' | 'gguf';
  /** The files that hold the tensors: one, or the shards of an index. `path` is what `file` of a tensor says. */
  readonly files: readonly {
    readonly path: string;
    readonly name: string;
    /** Bytes. */
    readonly size: number;
    /** Milliseconds since 1970. */
    readonly changedAt: number;
  }[];
  /** Under their own names, in the order of the files. */
  readonly tensors: readonly TensorEntry[];
  /** Of all files; what several of them say alike stands here once. */
  readonly metadata: readonly FileMetadata[];
  /** Entries of the metadata that are left out because there are too many. */
  readonly metadataLeftOut: number;
  /** The configuration beside the weights, as it stands. */
  readonly config: { readonly name: string; readonly text: string } | null;
  /** What index and files do not agree on, in words. */
  readonly problems: readonly string[];
}
