import { sigmoid } from '../linear/linearModel';
import type { Calibration } from './headEvaluation';

const binCount = 10;

/**
 * Whether pairs are in order as often as σ(margin) says. Which response is the chosen one is not known to the head, so its
 * confidence is max(p, 1 − p), from ½ to 1, and it is right where the better score is the chosen response's; a tie is right
 * half the time. Ten bins of even width; those without pairs are left out.
 * Source: C. Guo et al., "On calibration of modern neural networks", ICML 2017, equation 3.
 * @param margins [pairs], at least one.
 */
export function calibrationOf(margins: ArrayLike<number>): Calibration {
  const bins = Array.from({ length: binCount }, () => ({ n: 0, confidence: 0, right: 0 }));
  const n = margins.length;
  let brier = 0;
  for (let pair = 0; pair < n; pair += 1) {
    const margin = margins[pair];
    const confidence = sigmoid(Math.abs(margin));
    const bin = bins[Math.min(binCount - 1, Math.floor((2 * confidence - 1) * binCount))];
    bin.n += 1;
    bin.confidence += confidence;
    bin.right += margin === 0 ? 0.5 : 0 < margin ? 1 : 0;
    brier += (sigmoid(margin) - 1) ** 2 / n;
  }
  const error = bins.reduce((sum, { confidence, right }) => sum + Math.abs(confidence - right) / n, 0);
  const edge = (index: number): number => 0.5 + index / (2 * binCount);
  return {
    error,
    brier,
    bins: bins.flatMap((bin, index) =>
      bin.n === 0
        ? []
        : {
            from: edge(index),
            to: edge(index + 1),
            n: bin.n,
            confidence: bin.confidence / bin.n,
            accuracy: bin.right / bin.n,
          },
    ),
  };
}
