import type { RotaryConfig } from '../checkpoint/modelConfig';

/**
 * Inverse frequencies of the rotary embedding, radians a position: [dimensions / 2].
 * Every step is rounded to float32, as transformers computes them, so that tables agree to the last bit or nearly.
 * Source: transformers `modeling_rope_utils.py` (default, linear, llama3).
 */
export function rotaryInverseFrequencies(rotary: RotaryConfig): Float64Array {
  const { theta, scaling, dimensions } = rotary;
  const frequencies = new Float64Array(dimensions / 2);
  for (let i = 0; i < frequencies.length; i++) {
    const exponent = Math.fround((2 * i) / dimensions);
    const frequency = Math.fround(1 / Math.fround(theta ** exponent));
    frequencies[i] = scaleFrequency(frequency, scaling);
  }
  return frequencies;
}

function scaleFrequency(frequency: number, scaling: RotaryConfig['scaling']): number {
  switch (scaling.kind) {
    case 'default':
      return frequency;
    case 'linear':
      return Math.fround(frequency / scaling.factor);
    case 'llama3': {
      const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = scaling;
      const wavelength = Math.fround(Math.fround(2 * Math.PI) / frequency);
      if (wavelength < originalContextLength / highFrequencyFactor) return frequency;
      const slowed = Math.fround(frequency / factor);
      if (originalContextLength / lowFrequencyFactor < wavelength) return slowed;
      const share = Math.fround(
        (Math.fround(originalContextLength / wavelength) - lowFrequencyFactor) /
          (highFrequencyFactor - lowFrequencyFactor),
      );
      return Math.fround(Math.fround((1 - share) * slowed) + Math.fround(share * frequency));
    }
  }
}
