import { AlidadeError } from './alidadeError';

export interface FormatErrorParts {
  /** What is wrong, such as "the header says 90 bytes, the file has 12". */
  readonly problem: string;
  /** Path or name of the file. */
  readonly file: string;
  readonly tensor?: string | undefined;
  /** Byte offset in the file where the problem was found. */
  readonly offset?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A file that breaks its format; names file, tensor and byte offset. */
export class FormatError extends AlidadeError {
  readonly file: string;
  readonly tensor: string | undefined;
  readonly offset: number | undefined;

  constructor({ problem, file, tensor, offset, hint, cause }: FormatErrorParts) {
    const tensorPart = tensor === undefined ? '' : `, tensor ${tensor}`;
    const offsetPart = offset === undefined ? '' : `, byte ${offset}`;
    super({
      code: 'format',
      message: `${file}${tensorPart}${offsetPart}: ${problem}`,
      hint: hint ?? 'fetch or copy the file again',
      cause,
    });
    this.name = 'FormatError';
    this.file = file;
    this.tensor = tensor;
    this.offset = offset;
  }
}
