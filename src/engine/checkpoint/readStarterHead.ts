import type { ListedHead } from '../../core/checkpoint/checkpointSummary';
import { loadHeadFile } from './loadHeadFile';
import { starterHeadPath } from './starterFile';

/**
 * The head that comes with the starter.
 * @throws AlidadeError `not_found`, `format` when its file cannot be read.
 */
export async function readStarterHead(): Promise<ListedHead> {
  const { metadata } = await loadHeadFile(starterHeadPath());
  return { kind: 'meters', objectives: metadata.objectives.map(({ name }) => name) };
}
