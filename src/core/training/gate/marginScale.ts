import { sigmoid } from '../linear/linearModel';

/** A Newton step more changes nothing that matters. */
const STEPS = 30;

/**
 * The factor that the margins of a gate begin with. Ratings may lie on any scale, and a gate only weighs them: with
 * differences of a few hundredths a margin of 1 would take more steps than there are. So it is the factor with which all
 * objectives at equal weights fit the pairs best by Bradley–Terry, kept between 1 and 20 times 1 / rms(differences).
 *
 * @param differences [pairs, objectives]
 * @param signs what the difference of each pair is multiplied by: its weight, negative where the rejected response is the
 * better one; 0 for pairs that are not looked at. [pairs]
 */
export function initialMarginScale(differences: Float64Array, signs: Float64Array): number {
  const objectives = differences.length / signs.length;
  const means = new Float64Array(signs.length);
  let squares = 0;
  let count = 0;
  signs.forEach((sign, pair) => {
    if (sign === 0) return;
    for (let index = pair * objectives; index < (pair + 1) * objectives; index++) {
      means[pair] += (Math.sign(sign) * differences[index]) / objectives;
      squares += differences[index] ** 2;
    }
    count += objectives;
  });
  const size = Math.sqrt(squares / count);
  if (!(0 < size)) return 1;
  const [lowest, highest] = [1 / size, 20 / size];
  let scale = lowest;
  for (let step = 0; step < STEPS; step++) {
    let slope = 0;
    let curvature = 0;
    means.forEach((mean, pair) => {
      const doubt = sigmoid(-scale * mean);
      slope -= Math.abs(signs[pair]) * mean * doubt;
      curvature += Math.abs(signs[pair]) * mean * mean * doubt * (1 - doubt);
    });
    if (!(0 < curvature)) break;
    const next = Math.min(highest, Math.max(lowest, scale - slope / curvature));
    if (Math.abs(next - scale) <= 1e-12 * scale) break;
    scale = next;
  }
  return scale;
}
