import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../src/core/seededRandom';
import type { GateShape } from '../../src/core/training/gate/gateGraph';
import { initialGateParameters } from '../../src/core/training/gate/gateParameters';
import { initialMarginScale } from '../../src/core/training/gate/marginScale';
import { sigmoid } from '../../src/core/training/linear/linearModel';
import type { GateRecipe } from '../../src/core/training/recipe/headRecipe';

/** What both sides of the benchmark train from. */
export interface GateTask {
  readonly folder: string;
  readonly shape: GateShape;
  /** Pair i is of prompt i; the training pairs come first. */
  readonly training: number;
  readonly heldOut: number;
  readonly factor: number;
  readonly recipe: GateRecipe;
}

/** Directions of the states that the planted gate listens to. */
const LATENT = 24;
const ROWS = 1024;

/**
 * Writes states.f32 [pairs, inputs], differences.f64 [pairs, objectives] and parameters.f32 (where both sides begin). The
 * order of the pairs is drawn from a planted gate, which depends on a few directions of the states.
 * @returns the factor of the margins to begin with, and how often the planted gate itself is right on the held-out pairs.
 */
export function writeGateData({ folder, shape, training, heldOut }: Omit<GateTask, 'factor' | 'recipe'>): {
  readonly factor: number;
  readonly planted: number;
} {
  const { inputs, objectives } = shape;
  const pairs = training + heldOut;
  const random = seededRandom(11);
  // Nearly normal: the sum of three uniform numbers, of variance 1.
  const normal = (): number => 2 * (random() + random() + random()) - 3;
  const directions = Float32Array.from({ length: LATENT * inputs }, () => normal() / Math.sqrt(LATENT));
  const weights = Float64Array.from({ length: LATENT * objectives }, normal);
  const differences = new Float64Array(pairs * objectives);
  const file = openSync(join(folder, 'states.f32'), 'w');
  let right = 0;
  for (let start = 0; start < pairs; start += ROWS) {
    const rows = Math.min(ROWS, pairs - start);
    const states = new Float32Array(rows * inputs);
    for (let row = 0; row < rows; row++) {
      const latent = Float64Array.from({ length: LATENT }, normal);
      const state = states.subarray(row * inputs, (row + 1) * inputs);
      for (let column = 0; column < inputs; column++) state[column] = normal();
      latent.forEach((value, at) => {
        for (let column = 0; column < inputs; column++) state[column] += value * directions[at * inputs + column];
      });
      const own = differences.subarray((start + row) * objectives, (start + row + 1) * objectives);
      const isRight = drawPair({ latent, weights, own, normal, random });
      right += training <= start + row && isRight ? 1 : 0;
    }
    writeSync(file, new Uint8Array(states.buffer));
  }
  closeSync(file);
  writeFileSync(join(folder, 'differences.f64'), new Uint8Array(differences.buffer));
  const parameters = initialGateParameters(shape, 1).slice(0, -1);
  writeFileSync(join(folder, 'parameters.f32'), Buffer.concat(parameters.map(({ buffer }) => new Uint8Array(buffer))));
  const signs = new Float64Array(pairs).fill(1, 0, training);
  return { factor: initialMarginScale(differences, signs), planted: right / heldOut };
}

interface PairToDraw {
  readonly latent: Float64Array;
  readonly weights: Float64Array; // [LATENT, objectives]
  /** Filled; [objectives]. */
  readonly own: Float64Array;
  readonly normal: () => number;
  readonly random: () => number;
}

/** @returns whether the planted gate prefers the response that is chosen. */
function drawPair({ latent, weights, own, normal, random }: PairToDraw): boolean {
  const objectives = own.length;
  const powers = Array.from(own, (_, objective) =>
    Math.exp(latent.reduce((sum, value, at) => sum + (value * weights[at * objectives + objective]) / 3, 0)),
  );
  const total = powers.reduce((sum, power) => sum + power, 0);
  let margin = 0;
  powers.forEach((power, objective) => {
    own[objective] = 0.1 * normal();
    margin += 60 * (power / total) * own[objective];
  });
  if (random() < sigmoid(margin)) return 0 < margin;
  for (let objective = 0; objective < objectives; objective++) own[objective] *= -1;
  return margin < 0;
}
