/** Relative precision of the continued fraction; beyond it doubles do not tell apart what it adds. */
const precision = 1e-15;
const mostTerms = 10_000;

/**
 * The quantile of Student's t distribution: P(T ≤ t) = probability.
 * @param probability above 0.5 and below 1.
 * @param freedom degrees of freedom, above 0, not necessarily whole.
 */
export function studentQuantile(probability: number, freedom: number): number {
  let high = 1;
  while (studentProbability(high, freedom) < probability && high < Number.MAX_VALUE / 2) high *= 2;
  let low = 0;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || high <= middle) return middle;
    if (studentProbability(middle, freedom) < probability) low = middle;
    else high = middle;
  }
}

/** P(T ≤ t) for t ≥ 0: 1 − I(ν / (ν + t²); ν/2, 1/2) / 2. */
function studentProbability(t: number, freedom: number): number {
  return 1 - incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
}

/**
 * The regularised incomplete beta function I(x; a, b) by its continued fraction, evaluated with Lentz's method.
 * Source: NIST Digital Library of Mathematical Functions, §8.17(v), equation 8.17.22.
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (1 <= x) return 1;
  // The fraction converges fast on this side; the other side is its mirror image.
  if ((a + 1) / (a + b + 2) < x) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)) / a;
  let numerator = 1;
  let denominator = 0;
  let value = 1;
  for (let term = 0; term < mostTerms; term += 1) {
    const half = Math.floor(term / 2);
    const factor =
      term === 0
        ? 1
        : term % 2 === 0
          ? (half * (b - half) * x) / ((a + term - 1) * (a + term))
          : (-(a + half) * (a + b + half) * x) / ((a + term - 1) * (a + term));
    denominator = awayFromZero(1 + factor * denominator);
    denominator = 1 / denominator;
    numerator = awayFromZero(1 + factor / numerator);
    value *= numerator * denominator;
    if (Math.abs(1 - numerator * denominator) < precision) break;
  }
  return front * (value - 1);
}

function awayFromZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value;
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln Γ(x) for x > 0: the recurrence up to 15, then Stirling's series (DLMF 5.11.1). */
function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 15) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188))));
  return (shifted - 0.5) * Math.log(shifted) - shifted + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}
