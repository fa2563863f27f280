import type { RotaryConfig, RotaryScaling } from '../checkpoint/modelConfig';

type Frequencies = Pick<RotaryConfig, 'theta' | 'scaling' | 'dimensions'>;

/**
 * Inverse frequencies of the rotary embedding for a sequence of a length, radians a position: [dimensions / 2].
 * Every step is rounded to float32, as transformers computes them, so that tables agree to the last bit or nearly.
 * Source: transformers `modeling_rope_utils.py`.
 */
export function rotaryInverseFrequencies(rotary: Frequencies, sequenceLength = 1): Float64Array {
  const { theta, scaling, dimensions } = rotary;
  const base = scaling.kind === 'dynamic' ? dynamicBase(theta, dimensions, scaling, sequenceLength) : theta;
  const scale = scalingFunction(rotary, sequenceLength);
  return Float64Array.from({ length: dimensions / 2 }, (_, index) =>
    scale(Math.fround(base ** Math.fround((2 * index) / dimensions)), index),
  );
}

/**
 * Which frequencies hold for a sequence of a length. Keys that were rotated under one name are of no use under another:
 * they have to be computed anew.
 */
export function rotaryKey({ scaling }: Pick<RotaryConfig, 'scaling'>, sequenceLength: number): string {
  switch (scaling.kind) {
    case 'longrope':
      return scaling.originalContextLength < sequenceLength ? 'long' : 'short';
    case 'dynamic':
      return scaling.originalContextLength < sequenceLength ? `dynamic ${sequenceLength}` : 'original';
    default:
      return 'fixed';
  }
}

/** From the period of a frequency (positions a radian) and its index to the frequency in use. */
function scalingFunction(rotary: Frequencies, sequenceLength: number): (period: number, index: number) => number {
  const { scaling } = rotary;
  const frequency = (period: number): number => Math.fround(1 / period);
  switch (scaling.kind) {
    case 'default':
    case 'dynamic':
      return frequency;
    case 'linear':
      return (period) => Math.fround(frequency(period) / scaling.factor);
    case 'llama3':
      return (period) => scaleLlama3(frequency(period), scaling);
    case 'longrope': {
      const factors = rotaryKey(rotary, sequenceLength) === 'long' ? scaling.longFactors : scaling.shortFactors;
      return (period, index) => frequency(Math.fround(Math.fround(factors[index] ?? 1) * period));
    }
    case 'yarn': {
      const ramp = yarnRamp(rotary, scaling);
      return (period, index) => {
        const kept = Math.fround(1 - ramp(index));
        const divided = Math.fround(1 / Math.fround(scaling.factor * period));
        return Math.fround(Math.fround(divided * Math.fround(1 - kept)) + Math.fround(frequency(period) * kept));
      };
    }
  }
}

function scaleLlama3(frequency: number, scaling: Extract<RotaryScaling, { kind: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
  const wavelength = Math.fround(Math.fround(2 * Math.PI) / frequency);
  if (wavelength < originalContextLength / highFrequencyFactor) return frequency;
  const slowed = Math.fround(frequency / factor);
  if (originalContextLength / lowFrequencyFactor < wavelength) return slowed;
  const share = Math.fround(
    (Math.fround(originalContextLength / wavelength) - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor),
  );
  return Math.fround(Math.fround((1 - share) * slowed) + Math.fround(share * frequency));
}

/** 0 for frequencies that stay, 1 for those that are divided by the factor, a straight line between (Peng et al. 2023). */
function yarnRamp(
  { theta, dimensions }: Frequencies,
  { originalContextLength, betaFast, betaSlow, truncate }: Extract<RotaryScaling, { kind: 'yarn' }>,
): (index: number) => number {
  const indexOf = (rotations: number): number =>
    (dimensions * Math.log(originalContextLength / (rotations * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [indexOf(betaFast), indexOf(betaSlow)];
  const low = Math.max(0, truncate ? Math.floor(first) : first);
  const bound = Math.min(dimensions - 1, truncate ? Math.ceil(last) : last);
  const high = low === bound ? bound + 0.001 : bound;
  return (index) => Math.min(1, Math.max(0, Math.fround(Math.fround(index - low) / Math.fround(high - low))));
}

/** NTK-aware scaling: the base for a sequence beyond the original context. */
function dynamicBase(
  theta: number,
  dimensions: number,
  { factor, originalContextLength }: Extract<RotaryScaling, { kind: 'dynamic' }>,
  sequenceLength: number,
): number {
  const length = Math.max(sequenceLength, originalContextLength);
  return theta * ((factor * length) / originalContextLength - (factor - 1)) ** (dimensions / (dimensions - 2));
}
