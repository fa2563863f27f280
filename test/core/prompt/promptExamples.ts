import { headedExamples } from './headedExamples';
import { otherExamples } from './otherExamples';
import type { PromptExample } from './promptExample';

/** Written for these tests in the manner of each format's public examples. */
export const promptExamples: readonly PromptExample[] = [...headedExamples, ...otherExamples];
