import { FormatError } from '../../core/formatError';
import { AlidadeError } from '../../core/alidadeError';
import { withFile } from './fileByteSource';

export interface SmallFileParams {
  readonly path: string;
  /** Bytes; a longer file is a FormatError. */
  readonly most: number;
}

/** All bytes of a file that is expected to be small, null when it is not there. */
export async function readSmallFile({ path, most }: SmallFileParams): Promise<Uint8Array | null> {
  try {
    return await withFile(path, async (source) => {
      if (most < source.size) {
        throw new FormatError({
          problem: `the file has ${source.size} bytes, at most ${most} were expected`,
          file: path,
        });
      }
      return source.read(0, source.size);
    });
  } catch (error) {
    if (error instanceof AlidadeError && error.code === 'not_found') return null;
    throw error;
  }
}
