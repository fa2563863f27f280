/** average ← decay · average + (1 − decay) · values, in place: weights that lag behind those in training. */
export function updateMovingAverage(average: Float32Array, values: Float32Array, decay: number): void {
  const share = 1 - decay;
  for (let index = 0; index < average.length; index++) {
    average[index] = decay * average[index] + share * values[index];
  }
}
