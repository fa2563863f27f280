import type { SelfCheckResult } from './armormSelfCheck';
import type { RewardBreakdown } from './rewardBreakdown';
import type { ScorableRow } from '../promptFile/scorableRow';

/** The example of RLHFlow/Directional-Preference-Alignment, README.md, whose printed numbers we compare with. */
export const DPA_EXAMPLE: ScorableRow = {
  kind: 'single',
  id: 'dpa-readme',
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

const RATINGS = [68.99269, 69.62718, 76.23071, 33.48785, 35.853596, 63.833366, 55.58917, 68.7175, 59.552124, 46.465595];
/** Of 100: room for quantised weights, and far less than another prompt or another token makes. */
const TOLERANCE = 2;

/** Whether a model that has DPA's ten outputs is the published one by its shape. */
export function isPublishedDpa(shape: { readonly hiddenSize: number; readonly layerCount: number }): boolean {
  return shape.hiddenSize === 4096 && shape.layerCount === 32;
}

/** Compares a breakdown of DPA_EXAMPLE with the numbers of the README. */
export function checkDpaExample({ objectives }: RewardBreakdown): SelfCheckResult {
  const differences = RATINGS.flatMap((expected, index) => {
    const { name = 'an objective', reward = NaN } = objectives[index] ?? {};
    if (Math.abs(reward - expected) <= TOLERANCE) return [];
    return [`the rating of ${name} is ${reward}, the README says ${expected}`];
  });
  return { passed: differences.length === 0, differences };
}
