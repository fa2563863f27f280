export interface LinearScale {
  readonly low: number;
  readonly high: number;
  /** Position of a value in percent of the plot's width, `low` at 0. */
  readonly position: (value: number) => number;
  /** Round values from `low` to `high`, ascending. */
  readonly ticks: readonly number[];
  /** A tick with as many decimals as the ticks need. */
  readonly label: (tick: number) => string;
}

/** Of 1, 2, 5 and 10 the one whose ratio to the wanted step is nearest; the borders are geometric means. */
const factors = [
  { from: Math.sqrt(50), factor: 10 },
  { from: Math.sqrt(10), factor: 5 },
  { from: Math.sqrt(2), factor: 2 },
  { from: 0, factor: 1 },
] as const;

/** Exponents need room: fewer of them. */
const ticksOf = { plain: 4, exponent: 2 };

/** A scale over all finite values with zero on it, whose ends are round. Without any it runs from −1 to 1. */
export function scaleAround(values: readonly number[]): LinearScale {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), 0);
  const high = finite.reduce((most, value) => Math.max(most, value), 0);
  return low === high ? scaleBetween(-1, 1) : scaleBetween(low, high);
}

/** A scale over all finite values; zero is on it where it is not far off. */
export function scaleFitting(values: readonly number[]): LinearScale {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const span = high - low;
  const isFar = 0 < span && (span < low || span < -high);
  return isFar ? scaleBetween(low, high) : scaleAround(finite);
}

/** A scale over a range that is not empty, widened to round ends. */
export function scaleBetween(low: number, high: number): LinearScale {
  const step = roundStep((high - low) / ticksOf.plain);
  const start = Math.floor(low / step + 1e-9) * step;
  const end = Math.ceil(high / step - 1e-9) * step;
  const extent = Math.max(Math.abs(start), Math.abs(end));
  const isExtreme = extent < 0.001 || 10_000 <= extent;
  const tickStep = isExtreme ? roundStep((end - start) / ticksOf.exponent) : step;
  const decimals = Math.max(0, -Math.floor(Math.log10(tickStep) + 1e-9));
  return {
    low: start,
    high: end,
    position: (value) => (100 * (value - start)) / (end - start),
    ticks: ticksBetween(start, end, tickStep),
    label: (tick) => (isExtreme ? formatExtreme(tick) : tick.toFixed(decimals)).replaceAll('-', '−'),
  };
}

function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const { factor } = factors.find(({ from }) => from <= wanted / power) ?? factors[0];
  return factor * power;
}

/** Multiples of the step, freed from the errors of adding steps up. */
function ticksBetween(start: number, end: number, step: number): number[] {
  const first = Math.ceil(start / step - 1e-9);
  const last = Math.floor(end / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function formatExtreme(tick: number): string {
  return tick === 0 ? '0' : Number(tick.toPrecision(6)).toExponential().replace('e+', 'e');
}
