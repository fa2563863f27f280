import type { JobContext } from '../../core/jobContext';
import type { DecoderSession } from '../onnx/decoderSession';
import { cutMicroBatches, type SequenceText } from './cutMicroBatches';

/** A text, and the places whose hidden states are wanted: each the mean over some positions, at least one. */
export interface PlacedText extends SequenceText {
  readonly places: readonly (readonly number[])[];
}

/**
 * Runs the body over some texts, so many tokens at once, and pools its hidden states.
 * @returns for each text the state at each of its places, [hidden], a mean in double precision.
 * @throws AlidadeError `cancelled`, `device`.
 */
export async function readStates(
  { session, texts, atOnce }: StateParams,
  context: JobContext,
): Promise<(readonly Float64Array[])[]> {
  const states = new Map<PlacedText, readonly Float64Array[]>();
  for (const batch of cutMicroBatches(texts, atOnce)) {
    const evaluations = batch.map(({ ids, places }) => ({
      ids,
      hiddenPositions: [...new Set(places.flat())].sort((a, b) => a - b),
    }));
    const results = await session.evaluateAll(evaluations, context);
    batch.forEach((text, index) => {
      const { hidden } = results[index];
      const stateOf = new Map(evaluations[index].hiddenPositions.map((position, at) => [position, hidden[at]]));
      const meanOf = (positions: readonly number[]): Float64Array =>
        mean(positions.map((position) => stateOf.get(position) as Float32Array));
      states.set(text, text.places.map(meanOf));
    });
  }
  return texts.map((text) => states.get(text) as readonly Float64Array[]);
}

export interface StateParams {
  readonly session: Pick<DecoderSession, 'evaluateAll'>;
  readonly texts: readonly PlacedText[];
  /** Tokens. */
  readonly atOnce: number;
}

/** The mean of equally long vectors, in double precision. */
function mean(vectors: readonly Float32Array[]): Float64Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) vector.forEach((value, index) => (sum[index] = sum[index] + value));
  return sum.map((value) => value / vectors.length);
}
