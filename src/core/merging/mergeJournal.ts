import { readJournal, type Journal } from '../journal';

/** What is safely on the disk. */
export type MergeState =
  | {
      /** Index of the stage, and of the tensor in its plan. */
      readonly stage: number;
      readonly tensor: number;
      /** CRC-32 of its bytes. */
      readonly checksum: number;
    }
  /** Files of the stage were missing: what was noted of it before does not count. */
  | { readonly stage: number; readonly isForgotten: true }
  /** Everything is there; only the folder is to be put in its place. */
  | { readonly isFinished: true };

/** @returns null when the text does not begin as a journal. */
export function readMergeJournal(text: string): Journal<MergeState> | null {
  return readJournal<MergeState>(text, (line) => {
    if (line['isFinished'] === true) return { isFinished: true };
    const { stage, tensor, checksum } = line;
    if (isCount(stage) && line['isForgotten'] === true) return { stage, isForgotten: true };
    return isCount(stage) && isCount(tensor) && isCount(checksum) ? { stage, tensor, checksum } : null;
  });
}

/** Checksums of the tensors that count, by stage and tensor (`finishedName`). */
export function finishedTensors({ entries }: Journal<MergeState>): Map<string, number> {
  const checksums = new Map<string, number>();
  for (const { state } of entries) {
    if ('checksum' in state) checksums.set(finishedName(state), state.checksum);
    if ('isForgotten' in state) {
      for (const name of [...checksums.keys()]) if (name.startsWith(`${state.stage}:`)) checksums.delete(name);
    }
  }
  return checksums;
}

export function finishedName({ stage, tensor }: { readonly stage: number; readonly tensor: number }): string {
  return `${stage}:${tensor}`;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && 0 <= (value as number);
}
