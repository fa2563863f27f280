/** Value and gradient of a function at a point. */
export interface ValueAndGradient {
  readonly value: number;
  readonly gradient: Float64Array;
}

export interface MinimiseParams {
  /** Convex and differentiable. */
  readonly evaluate: (point: Float64Array) => ValueAndGradient;
  readonly start: Float64Array;
  /** Stop when no component of the gradient is larger than this times max(1, |value|). */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** About the inverse of the curvature times a gradient: what the first step is along. Default: the gradient itself. */
  readonly scaleStep?: (gradient: Float64Array) => Float64Array;
}

const MEMORY = 10;
const SUFFICIENT_DECREASE = 1e-4;

/**
 * L-BFGS with a backtracking line search.
 * Nocedal and Wright, Numerical Optimization (2006), algorithms 7.4 and 7.5.
 */
export function minimise({ evaluate, start, tolerance, maxIterations, scaleStep }: MinimiseParams): Float64Array {
  let point: Float64Array = start.slice();
  let current = evaluate(point);
  const history: Step[] = [];
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (largest(current.gradient) <= tolerance * Math.max(1, Math.abs(current.value))) {
      break;
    }
    const direction = descentDirection(current.gradient, history, scaleStep);
    const slope = dot(direction, current.gradient);
    const isUnscaled = history.length === 0 && scaleStep === undefined;
    const firstLength = isUnscaled ? 1 / Math.max(1, Math.sqrt(dot(current.gradient, current.gradient))) : 1;
    const found = search({ evaluate, point, current, direction, slope, firstLength });
    if (found === null) {
      break; // no descent left at this precision
    }
    remember(history, {
      step: subtract(found.point, point),
      change: subtract(found.result.gradient, current.gradient),
    });
    point = found.point;
    current = found.result;
  }
  return point;
}

interface Step {
  readonly step: Float64Array;
  readonly change: Float64Array;
}

function remember(history: Step[], entry: Step): void {
  if (dot(entry.step, entry.change) <= 1e-12 * dot(entry.change, entry.change)) {
    return; // no curvature information: it would make the estimate indefinite
  }
  history.push(entry);
  if (MEMORY < history.length) {
    history.shift();
  }
}

/** −H·gradient with the two-loop recursion. */
function descentDirection(
  gradient: Float64Array,
  history: readonly Step[],
  scaleStep: MinimiseParams['scaleStep'],
): Float64Array {
  let direction: Float64Array = gradient.map((value) => -value);
  const factors: number[] = [];
  for (const { step, change } of history.toReversed()) {
    const factor = dot(step, direction) / dot(step, change);
    addScaled(direction, change, -factor);
    factors.push(factor);
  }
  const newest = history.at(-1);
  if (scaleStep !== undefined) {
    direction = scaleStep(direction);
  } else if (newest !== undefined) {
    const scale = dot(newest.step, newest.change) / dot(newest.change, newest.change);
    direction.forEach((value, index) => (direction[index] = value * scale));
  }
  for (const { step, change } of history) {
    const factor = factors.pop() ?? 0;
    addScaled(direction, step, factor - dot(change, direction) / dot(step, change));
  }
  return direction;
}

interface SearchParams {
  readonly evaluate: (point: Float64Array) => ValueAndGradient;
  readonly point: Float64Array;
  readonly current: ValueAndGradient;
  readonly direction: Float64Array;
  readonly slope: number;
  readonly firstLength: number;
}

function search(params: SearchParams): { point: Float64Array; result: ValueAndGradient } | null {
  let length = params.firstLength;
  for (let attempt = 0; attempt < 40; attempt++) {
    const point = params.point.slice();
    addScaled(point, params.direction, length);
    const result = params.evaluate(point);
    if (result.value <= params.current.value + SUFFICIENT_DECREASE * length * params.slope) {
      return { point, result };
    }
    length /= 2;
  }
  return null;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) {
    sum += a[index] * b[index];
  }
  return sum;
}

function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, index) => value - b[index]);
}

function addScaled(target: Float64Array, added: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++) {
    target[index] += factor * added[index];
  }
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
