import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import { throwIfCancelled } from '../../core/throwIfCancelled';
import { describeCollapse } from '../../core/training/gate/describeCollapse';
import { readGateCheckpoint, writeGateCheckpoint, type GateProgress } from '../../core/training/gate/gateCheckpoint';
import type { GateShape } from '../../core/training/gate/gateGraph';
import { foldFrame, gateLayers, initialGateParameters } from '../../core/training/gate/gateParameters';
import { initialMarginScale } from '../../core/training/gate/marginScale';
import { softplus } from '../../core/training/linear/linearModel';
import { measureFrame } from '../../core/training/ratings/featureRows';
import type { GateRecipe } from '../../core/training/recipe/headRecipe';
import type { TrainingPoint } from '../../core/training/trainingReport';
import { marginsOf, openGate, type Gate, type GatePairs, type OpenGate } from './gateMargins';
import { openGateSteps, type GateSteps } from './gateSteps';

export interface GateTraining extends GatePairs {
  /** How much each pair counts; default 1. [pairs] */
  readonly weights?: Float64Array;
  /** 1: the rejected response is the better one; default 0. Of pairs to learn from. [pairs] */
  readonly isSwapped?: Uint8Array;
  /** Indices of pairs to learn from; one may occur more than once. */
  readonly training: Int32Array;
  /** Indices of pairs to look at in between, in their order as they are given. */
  readonly heldOut: Int32Array;
  /** Names of the objectives, for warnings. */
  readonly objectives: readonly string[];
  readonly recipe: GateRecipe;
  readonly seed: number;
  /** Threads of ONNX Runtime; default: as many as the processor has cores. */
  readonly threads?: number;
  /** Pieces of the last checkpoint, one after the other. One of another training is refused. */
  readonly resume?: Uint8Array;
  /** Called after each look but the last; training goes on when its promise is settled. */
  readonly onCheckpoint?: (checkpoint: GateCheckpoint) => void | Promise<void>;
  /** Called after each look with its point. Also, when resumed, with those before. */
  readonly onPoint?: (point: TrainingPoint) => void;
}

/** Where a training is: weights, moments, best weights so far, curve. */
export interface GateCheckpoint {
  /** Steps that are done. */
  readonly step: number;
  /** To be written one after the other. They are views of what the next step changes. */
  readonly pieces: readonly Uint8Array[];
}

export interface TrainedGate extends Gate {
  readonly curve: readonly TrainingPoint[];
  /** The step whose weights were kept: the least loss on held-out pairs. */
  readonly bestStep: number;
  /** Score of the chosen response minus that of the rejected one, in the order of `heldOut`. */
  readonly heldOutMargins: Float64Array;
  /** Mean over the held-out pairs of softmax(logits / temperature), which adds up to 1; [objectives]. */
  readonly meanGates: Float64Array;
  /** In words: the gate has collapsed onto one objective. */
  readonly warnings: readonly string[];
}

/**
 * Trains ArmoRM's gate by Bradley–Terry on corrected rewards (Wang et al. 2024, section 3, eq. 5; armo-rm/stage-2_train.py),
 * with softmax over the objectives. The margins begin with a factor that suits the ratings (`initialMarginScale`), and states
 * are standardised over the training prompts, since most of a state is what all of them have in common; both are folded into
 * the result.
 * @throws AlidadeError `recipe` when there are no pairs to learn from or none held out, or when the loss is not a number;
 * `row` for states that are not finite; `format` for a checkpoint of another training; `cancelled`; `device`.
 */
export async function trainGate(params: GateTraining, context: JobContext): Promise<TrainedGate> {
  checkPairs(params);
  const { recipe, differences, heldOut } = params;
  const { steps, evaluateEvery } = recipe.optimiser;
  const { temperature } = recipe;
  const objectives = params.objectives.length;
  const shape: GateShape = { inputs: params.gate.columns, hidden: recipe.hidden, objectives };
  const factor = initialMarginScale(differences, signsOf(params));
  const frame = await measureFrame(params.gate, promptsOf(params), { isCentred: true, isScaled: true });
  const training = fingerprintOf(params);
  let progress = beginning(initialGateParameters(shape, params.seed));
  if (params.resume !== undefined) progress = readGateCheckpoint(params.resume, progress, training);
  for (const point of progress.curve) params.onPoint?.(point);
  const open: (OpenGate | GateSteps)[] = [];
  try {
    const forward = await openGate({ shape, temperature, threads: params.threads });
    open.push(forward);
    const stepper = await openGateSteps({ ...params, ...progress, shape, frame, factor });
    open.push(stepper);
    const look = async (
      parameters: readonly Float32Array[],
    ): Promise<{ gates: Float32Array; margins: Float64Array }> => {
      const gates = await forward.gatesOf(
        { ...params, pairs: heldOut, parameters: foldFrame(parameters, frame) },
        context,
      );
      return {
        gates,
        margins: marginsOf({ gates, differences, pairs: heldOut, factor: factor * marginScaleOf(parameters) }),
      };
    };
    while (!isOver(progress, recipe)) {
      const until = Math.min(steps, progress.step + evaluateEvery);
      let sum = 0;
      for (let step = progress.step; step < until; step++) {
        context.progress({ message: 'Training the gate', done: step, total: steps });
        await nextTurn();
        throwIfCancelled(context.signal);
        sum += finite(await stepper.take(step), step);
      }
      const { margins } = await look(progress.parameters);
      const point: TrainingPoint = {
        step: until,
        loss: sum / (until - progress.step),
        heldOutLoss: finite(
          meanOver(margins, (margin) => softplus(-margin)),
          until,
        ),
        heldOutAccuracy: meanOver(margins, (margin) => (0 < margin ? 1 : 0)),
      };
      progress = withPoint(progress, point);
      params.onPoint?.(point);
      if (!isOver(progress, recipe)) {
        await params.onCheckpoint?.({ step: until, pieces: writeGateCheckpoint(progress, training) });
      }
    }
    const { gates, margins } = await look(progress.best);
    const meanGates = meanRow(gates, objectives);
    return {
      layers: gateLayers(foldFrame(progress.best, frame)),
      logitScale: factor * marginScaleOf(progress.best),
      temperature,
      curve: progress.curve,
      bestStep: progress.bestStep,
      heldOutMargins: margins,
      meanGates,
      warnings: describeCollapse(meanGates, params.objectives),
    };
  } finally {
    for (const session of open) await session.release();
  }
}

function checkPairs({ training, heldOut, differences }: GateTraining): void {
  const missing = training.length === 0 ? 'to learn from' : heldOut.length === 0 ? 'that are held out' : null;
  if (missing !== null) {
    throw new AlidadeError({
      code: 'recipe',
      message: `gate: there are no pairs ${missing}`,
      hint: 'give it more pairs, of more than one prompt, or another share in validation',
    });
  }
  if (!differences.every(Number.isFinite)) {
    throw new AlidadeError({ code: 'recipe', message: 'gate: the rewards of its pairs are not all numbers' });
  }
}

/** Rows of the prompts that are learnt from, each once. */
function promptsOf({ training, prompts }: GateTraining): Int32Array {
  return Int32Array.from(new Set(Array.from(training, (pair) => prompts[pair]))).sort();
}

/** What each pair counts as, negative where it is turned round; 0 for those that are not learnt from. */
function signsOf({ training, prompts, weights, isSwapped }: GateTraining): Float64Array {
  const signs = new Float64Array(prompts.length);
  for (const pair of training) signs[pair] += (isSwapped?.[pair] === 1 ? -1 : 1) * (weights?.[pair] ?? 1);
  return signs;
}

/** Names a training by all that its steps depend on but the states. */
function fingerprintOf({ recipe, seed, gate, ...data }: GateTraining): string {
  const hash = createHash('sha256').update(JSON.stringify([recipe, seed, gate.rows, gate.columns]));
  for (const array of [data.training, data.heldOut, data.prompts, data.differences, data.weights, data.isSwapped]) {
    hash.update(array === undefined ? 'none' : new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}

function beginning(parameters: readonly Float32Array[]): GateProgress {
  const zeros = ({ length }: Float32Array): Float32Array => new Float32Array(length);
  return {
    step: 0,
    curve: [],
    bestStep: 0,
    bestLoss: Number.MAX_VALUE,
    parameters,
    moments: parameters.map((parameter) => ({ first: zeros(parameter), second: zeros(parameter) })),
    best: parameters.map((parameter) => parameter.slice()),
  };
}

/** All steps are done, or too many looks have brought nothing better. */
function isOver({ step, curve, bestStep }: GateProgress, { optimiser: { steps, patience } }: GateRecipe): boolean {
  const since = curve.filter((point) => bestStep < point.step).length;
  return step === steps || (patience !== null && patience <= since);
}

/** After a look: its point, and the weights if they are the best so far. */
function withPoint(progress: GateProgress, point: TrainingPoint): GateProgress {
  const next = { ...progress, step: point.step, curve: [...progress.curve, point] };
  const loss = point.heldOutLoss ?? Number.MAX_VALUE;
  if (progress.bestLoss <= loss) return next;
  progress.best.forEach((best, index) => {
    best.set(progress.parameters[index]);
  });
  return { ...next, bestStep: point.step, bestLoss: loss };
}

function marginScaleOf(parameters: readonly Float32Array[]): number {
  return parameters[parameters.length - 1][0];
}

function meanOver(values: Float64Array, part: (value: number) => number): number {
  return values.reduce((sum, value) => sum + part(value), 0) / values.length;
}

/** Mean of the rows of [rows, columns]. */
function meanRow(values: Float32Array, columns: number): Float64Array {
  const mean = new Float64Array(columns);
  values.forEach((value, index) => (mean[index % columns] += value));
  return mean.map((sum) => (sum * columns) / values.length);
}

function finite(loss: number, step: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new AlidadeError({
    code: 'recipe',
    message: `gate: the loss is not a number after ${step} steps`,
    hint: 'lower its learning_rate',
  });
}
