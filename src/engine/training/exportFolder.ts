import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeFileError } from '../checkpoint/describeFileError';
import { isThere, syncFolder, WorkFolder } from '../workFolder';

const resultName = 'result';
const scoresName = /^scores\.jsonl(\..*)?$/;

/** Where an export is made: nothing has the target's name until all of it is there. */
export interface ExportPlace {
  /** Becomes the target. */
  readonly result: string;
  /** For what is needed on the way. */
  readonly scores: string;
}

/**
 * Makes a folder that is complete or absent: `make` works in `TARGET.part`.
 * @throws AlidadeError `exists`, `permission`, `no_space`, and what `make` throws.
 */
export async function exportFolder<Result>(
  target: string,
  make: (place: ExportPlace) => Promise<Result>,
  { signal }: Pick<JobContext, 'signal'>,
): Promise<Result> {
  if (await isThere(target)) throw existsAlready(target);
  const knownName = new RegExp(`^${resultName}$|${scoresName.source}`);
  const folder = await WorkFolder.claim({ target, knownName, work: 'an export' }, signal);
  const place = { result: join(folder.path, resultName), scores: join(folder.path, 'scores.jsonl') };
  try {
    // What a killed run has left.
    for (const path of [place.result, place.scores, `${place.scores}.part`, `${place.scores}.journal`])
      await rm(path, { recursive: true, force: true });
    await mkdir(place.result);
    const made = await make(place);
    throwIfCancelled(signal);
    await syncFolder(place.result);
    if (await isThere(target)) throw existsAlready(target);
    await rename(place.result, target);
    await syncFolder(dirname(target));
    await folder.remove();
    return made;
  } catch (error) {
    await folder.discard();
    throwIfCancelled(signal);
    throw describeFileError(error, target);
  }
}

function existsAlready(target: string): AlidadeError {
  return new AlidadeError({ code: 'exists', message: `${target} exists`, hint: 'choose another folder' });
}
