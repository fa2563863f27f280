import { describeJson } from '../../promptFile/rowProblem';
import type { LabelRecipe, ScaleRecipe } from '../recipe/headRecipe';

export interface TargetRecipe {
  readonly kind: 'linear' | 'logistic' | 'computed';
  readonly scale: ScaleRecipe | null;
}

/** What is learnt of a label, or why there is nothing. */
export type Target = { readonly target: number } | { readonly reason: string };

/**
 * What a field says, as the number that is learnt: 0 or 1 for yes/no objectives, between 0 and 1 where there is a scale.
 * Tables hold numbers as text, so text that is a number counts as one.
 */
export function readTarget(
  value: unknown,
  { field, values }: LabelRecipe & { readonly kind: 'field' },
  { kind, scale }: TargetRecipe,
): Target {
  if (value === undefined || value === null || value === '') return { reason: `no \`${field}\`` };
  const number = values === null ? numberOf(value) : mappedNumber(value, values);
  if (number === null) {
    return values === null
      ? { reason: `\`${field}\` is ${describeJson(value)}, not a number` }
      : { reason: `\`${field}\` says something that \`values\` does not name` };
  }
  if (!Number.isFinite(number)) return { reason: `\`${field}\` is not a finite number` };
  if (kind === 'logistic') {
    return number === 0 || number === 1 ? { target: number } : { reason: `\`${field}\` is neither 0 nor 1` };
  }
  if (scale === null) return { target: number };
  const { min, max, levels } = scale;
  if (number < min || max < number) return { reason: `\`${field}\` is not between ${min} and ${max}` };
  return { target: levels === null ? (number - min) / (max - min) : (number - min + 0.5) / levels };
}

function mappedNumber(value: unknown, values: Readonly<Record<string, number>>): number | null {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return null;
  const word = String(value).trim();
  return Object.hasOwn(values, word) ? values[word] : null;
}

/** null: it is none; NaN and infinities are numbers here. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^[-+]?(nan|inf(inity)?)$/i.test(text)) return NaN;
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1 : 0;
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text);
}
