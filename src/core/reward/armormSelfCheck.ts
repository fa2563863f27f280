import type { RewardBreakdown } from './rewardBreakdown';
import type { ScorableRow } from '../promptFile/scorableRow';

/** The example of the ArmoRM-Llama3-8B-v0.1 model card, whose printed numbers (bfloat16) we compare with. */
export const ARMORM_EXAMPLE: ScorableRow = {
  kind: 'single',
  id: 'armorm-model-card',
  input: {
    kind: 'messages',
    messages: [
      { role: 'user', content: 'What are some synonyms for the word "beautiful"?' },
      {
        role: 'assistant',
        content: 'Nicely, Beautifully, Handsome, Stunning, Wonderful, Gorgeous, Pretty, Stunning, Elegant',
      },
    ],
  },
};

const COEFFICIENTS = {
  'code-complexity': 0.19922,
  'helpsteer-verbosity': -0.10864,
  'ultrafeedback-instruction_following': 0.07861,
};
const HELPSTEER_RATINGS = [2.78125, 2.859375, 3.484375, 1.3847656, 1.296875];
/** The card's numbers were computed in bfloat16 (8 bits of precision). */
const COEFFICIENT_TOLERANCE = 0.01;
const RATING_TOLERANCE = 0.1;

export interface SelfCheckResult {
  readonly passed: boolean;
  /** One line a number that is off. */
  readonly differences: readonly string[];
}

/** Whether a checkpoint is the published ArmoRM-Llama3-8B by its shape. */
export function isPublishedArmorm(shape: {
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly vocabSize: number;
  readonly objectives: number;
}): boolean {
  return shape.hiddenSize === 4096 && shape.layerCount === 32 && shape.vocabSize === 128257 && shape.objectives === 19;
}

/** Compares a breakdown of ARMORM_EXAMPLE with the numbers of the model card. */
export function checkArmormExample(breakdown: RewardBreakdown): SelfCheckResult {
  const differences: string[] = [];
  const compare = (what: string, actual: number | undefined, expected: number, tolerance: number): void => {
    if (actual !== undefined && Math.abs(actual - expected) <= tolerance) return;
    differences.push(`${what} is ${actual}, the model card says ${expected}`);
  };
  for (const [name, expected] of Object.entries(COEFFICIENTS)) {
    const objective = breakdown.objectives.find((candidate) => candidate.name === name);
    compare(`coefficient of ${name}`, objective?.coefficient, expected, COEFFICIENT_TOLERANCE);
  }
  HELPSTEER_RATINGS.forEach((expected, index) => {
    const objective = breakdown.objectives[index];
    compare(`rating of ${objective?.name}`, objective?.rating, expected, RATING_TOLERANCE);
  });
  return { passed: differences.length === 0, differences };
}
