import { readJournal, type Journal } from '../../journal';
import type { RatioTrial } from './ratioTrial';

/** An answer of the model after RLHF, with its reward. */
export interface RewardedSample {
  /** Index of the prompt. */
  readonly prompt: number;
  readonly text: string;
  /** null: it could not be scored. */
  readonly reward: number | null;
}

/** How likely a merged model finds the samples. */
export interface RatioLikelihood {
  readonly ratios: readonly number[];
  /** Mean of ln p over their tokens. */
  readonly logLikelihood: number;
}

/** A step of a search that is done. */
export type SearchStep =
  | { readonly kind: 'trial'; readonly trial: RatioTrial }
  /** One answer to each prompt. */
  | { readonly kind: 'samples'; readonly samples: readonly RewardedSample[] }
  | { readonly kind: 'likelihood'; readonly likelihood: RatioLikelihood };

/** A search as a killed run may have left it; null when the text does not begin as a journal. */
export function readSearchJournal(text: string): Journal<SearchStep> | null {
  return readJournal<SearchStep>(text, (line) => {
    switch (line['kind']) {
      case 'trial':
        return isTrial(line['trial']) ? { kind: 'trial', trial: line['trial'] } : null;
      case 'samples': {
        const { samples } = line;
        return Array.isArray(samples) && samples.every(isSample) ? { kind: 'samples', samples } : null;
      }
      case 'likelihood':
        return isLikelihood(line['likelihood']) ? { kind: 'likelihood', likelihood: line['likelihood'] } : null;
      default:
        return null;
    }
  });
}

function isTrial(value: unknown): value is RatioTrial {
  const { ratios, reward, nll, tokens } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return isNumbers(ratios) && isNumberOrNull(reward) && isNumberOrNull(nll) && typeof tokens === 'number';
}

function isSample(value: unknown): value is RewardedSample {
  const { prompt, text, reward } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof prompt === 'number' && typeof text === 'string' && isNumberOrNull(reward);
}

function isLikelihood(value: unknown): value is RatioLikelihood {
  const { ratios, logLikelihood } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return isNumbers(ratios) && typeof logLikelihood === 'number';
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'number');
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}
