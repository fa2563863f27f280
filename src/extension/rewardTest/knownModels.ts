import type { Disposable } from 'vscode';
import type { KnownModel } from '../../core/rewardTest/findUnknownObjectives';
import type { RewardTestFile } from '../../core/rewardTest/rewardTest';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { readSetting } from '../readSetting';
import type { RowScores } from '../reward/rowScores';

/** The models whose objectives are known because they have scored something, by what the user calls them. */
export class KnownModels implements Disposable {
  readonly #models = new Map<string, KnownModel>();
  readonly #onScore: Disposable;

  constructor(scores: Pick<RowScores, 'onDidScore'>) {
    this.#onScore = scores.onDidScore(({ model }) => this.learn(settingsReference(), model));
  }

  dispose(): void {
    this.#onScore.dispose();
  }

  learn(reference: string, { name, objectives }: Pick<RewardModelDescription, 'name' | 'objectives'>): void {
    this.#models.set(reference, { name, objectives });
  }

  /** The model of a test file; null: it has not been in use yet. */
  ofFile(file: RewardTestFile): KnownModel | null {
    return this.#models.get(referenceOf(file)) ?? null;
  }
}

/** What scores a file: the model that it names, else that of the settings. */
export function referenceOf({ model }: RewardTestFile): string {
  return model?.value ?? settingsReference();
}

function settingsReference(): string {
  return readSetting('rewardModel').trim() || 'starter';
}
