import type { JobContext } from '../core/jobContext';
import { loadHeadFile } from '../engine/checkpoint/loadHeadFile';
import { starterHeadPath } from '../engine/checkpoint/starterFile';

export interface StarterHead {
  readonly kind: 'meters';
  readonly objectives: readonly string[];
}

/** The head that comes with the starter; null, with a warning, when the file cannot be read. */
export async function readStarterHead({ logger }: Pick<JobContext, 'logger'>): Promise<StarterHead | null> {
  try {
    const { metadata } = await loadHeadFile(starterHeadPath());
    return { kind: 'meters', objectives: metadata.objectives.map(({ name }) => name) };
  } catch (error) {
    logger.warn(error instanceof Error ? error.message : String(error));
    return null;
  }
}
