import type { HeadObjectiveInfo } from './rewardHead';

// HelpSteer ratings x in 0…4 were trained as (x + 0.5) / 5, UltraFeedback ratings x in 1…10 as (x − 0.5) / 10
// (RLHFlow/RLHF-Reward-Modeling, armo-rm/README.md and issue 57), so reward 0…1 spans half a step beyond each end.
const HELPSTEER = { min: -0.5, max: 4.5, ends: [0, 4], unit: 'HelpSteer rating, 0 to 4' } as const;
const ULTRAFEEDBACK = { min: 0.5, max: 10.5, ends: [1, 10], unit: 'UltraFeedback rating, 1 to 10' } as const;

/** ArmoRM's 19 objectives in the order of its tensors (armo-rm/stage-1_train.py). */
export const ARMORM_OBJECTIVES: readonly HeadObjectiveInfo[] = [
  { name: 'helpsteer-helpfulness', scale: HELPSTEER },
  { name: 'helpsteer-correctness', scale: HELPSTEER },
  { name: 'helpsteer-coherence', scale: HELPSTEER },
  { name: 'helpsteer-complexity', scale: HELPSTEER },
  { name: 'helpsteer-verbosity', scale: HELPSTEER },
  { name: 'ultrafeedback-overall_score', scale: ULTRAFEEDBACK },
  { name: 'ultrafeedback-instruction_following', scale: ULTRAFEEDBACK },
  { name: 'ultrafeedback-truthfulness', scale: ULTRAFEEDBACK },
  { name: 'ultrafeedback-honesty', scale: ULTRAFEEDBACK },
  { name: 'ultrafeedback-helpfulness', scale: ULTRAFEEDBACK },
  { name: 'beavertails-is_safe' },
  { name: 'prometheus-score' },
  { name: 'argilla-overall_quality' },
  { name: 'argilla-judge_lm' },
  { name: 'code-complexity' },
  { name: 'code-style' },
  { name: 'code-explanation' },
  { name: 'code-instruction-following' },
  { name: 'code-readability' },
];
