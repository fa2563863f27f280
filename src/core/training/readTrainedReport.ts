import type { HeadFileMetadata } from '../reward/headFile';
import { isRecord } from '../promptFile/rowProblem';
import type { TrainingReport } from './trainingReport';

/** What a head file says of its training: where its page and its card come from. */
export interface TrainedReport {
  /** SHA-256 of what the recipe said. */
  readonly recipeHash: string;
  readonly report: TrainingReport;
}

const lists = ['objectives', 'checks', 'warnings'] as const;

/** null: the file was made by something else, or says nothing of it. */
export function readTrainedReport({ data, figures }: Pick<HeadFileMetadata, 'data' | 'figures'>): TrainedReport | null {
  if (!isRecord(data) || !isRecord(figures)) return null;
  const { recipe, sets } = data;
  if (typeof recipe !== 'string' || !Array.isArray(sets)) return null;
  if (typeof figures['name'] !== 'string' || !isRecord(figures['model']) || !isRecord(figures['pooling'])) return null;
  if (!lists.every((name) => Array.isArray(figures[name]))) return null;
  return { recipeHash: recipe, report: { ...figures, data: sets } as unknown as TrainingReport };
}
