import type { DeviceChoice, DtypeChoice } from '../../core/device';
import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import type { TrainingData } from '../../core/training/data/trainingData';
import type { TextFeatures } from './featureSource';
import type { TextRows } from './textRows';
import type { TrainingFolder } from './trainingFolder';
import type { TrainingStatus } from './trainingStatus';

/** What the stages after the features work with. */
export interface TrainingWork {
  readonly recipe: HeadRecipe;
  readonly data: TrainingData;
  readonly features: TextFeatures;
  readonly rows: TextRows;
  readonly folder: TrainingFolder;
  readonly status: TrainingStatus;
  /** How models are run. */
  readonly device: DeviceChoice;
  readonly dtype: DtypeChoice;
  readonly threads: number | undefined;
  /** From which relative references of models start; absolute. */
  readonly folders: readonly string[];
  /** Of work that a kill may cost. */
  readonly checkpointSeconds: number;
}
