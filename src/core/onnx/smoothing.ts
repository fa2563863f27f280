import type { DecoderDescription, LinearLayer } from './decoderDescription';

/**
 * Activations have a few channels that are far larger than the rest; rounded to 8 bits by their largest element, all others
 * lose. So each channel is divided by a factor and the weights that read it are multiplied by it: the product is the
 * same, and both are easier to round (Xiao et al. 2023, SmoothQuant, eq. 3–4). The division costs nothing where it can
 * go into the weights that make the activations: a norm's, or the other half of a gated MLP.
 */
export interface SmoothableInput {
  readonly size: number;
  /** The matrices that read it. */
  readonly readers: readonly LinearLayer[];
}

/** The inputs whose makers can take the division, layer by layer. */
export function listSmoothableInputs(decoder: DecoderDescription): SmoothableInput[] {
  return decoder.layers.flatMap(({ attention: { projections }, attentionNorm, mlp, mlpNorm }) => {
    const inputs: LinearLayer[][] = [];
    if (attentionNorm !== null) {
      inputs.push(
        projections.kind === 'separate' ? [projections.query, projections.key, projections.value] : [projections.fused],
      );
    }
    if (mlpNorm !== null)
      inputs.push(mlp.kind === 'gatedSections' ? [mlp.gateUp] : mlp.kind === 'gated' ? [mlp.gate, mlp.up] : [mlp.up]);
    if (mlp.kind === 'gated') inputs.push([mlp.down]);
    return inputs.map((readers) => ({ size: readers[0].inputs, readers }));
  });
}

/** How much of a channel's size goes into the weights; the best of several tried on a small model. */
const SHARE = 0.45;

/** Factors of the channels of an input whose largest magnitudes are known; a channel that is never used gets a small one. */
export function smoothingFactors(largest: Float32Array): Float32Array {
  const floor = 1e-3 * largest.reduce((most, value) => Math.max(most, value), 0);
  return largest.map((value) => (floor === 0 ? 1 : Math.max(value, floor) ** SHARE));
}
