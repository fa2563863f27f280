import { AlidadeError } from '../../core/alidadeError';
import type { JobContext } from '../../core/jobContext';
import type { DenseLayer } from '../../core/reward/gatedHead';
import type { FeatureMatrix } from '../../core/training/featureMatrix';
import type { GateRecipe } from '../../core/training/recipe/headRecipe';
import type { TrainingPoint } from '../../core/training/trainingReport';

/** Pairs as a gate sees them. */
export interface GatePairs {
  /** States at the gate position, one a prompt. */
  readonly gate: FeatureMatrix;
  /** Row of the prompt's state in `gate`; [pairs]. */
  readonly prompts: Int32Array;
  /** Corrected rewards of the chosen response minus those of the rejected one; [pairs, objectives]. */
  readonly differences: Float64Array;
}

export interface GateTraining extends GatePairs {
  /** How much each pair counts; default 1. [pairs] */
  readonly weights?: Float64Array;
  /** 1: the rejected response is the better one; default 0. [pairs] */
  readonly isSwapped?: Uint8Array;
  /** Indices of pairs to learn from; one may occur more than once. */
  readonly training: Int32Array;
  /** Indices of pairs to look at in between, in their order as they are given. */
  readonly heldOut: Int32Array;
  readonly recipe: GateRecipe;
  readonly seed: number;
  /** Threads of ONNX Runtime; default: as many as the processor has cores. The result does not depend on it. */
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

/** The first steps of ArmoRM's gate: the layers in the order of their use, the last one gives a logit an objective. */
export interface Gate {
  readonly layers: readonly DenseLayer[];
  /** Of a head file: gates are it times softmax(logits / temperature). */
  readonly logitScale: number;
  readonly temperature: number;
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
 * Trains ArmoRM's gate by Bradley–Terry on corrected rewards (Wang et al. 2024, section 3, eq. 5), with softmax over the
 * objectives.
 * @throws AlidadeError `recipe` when there are no pairs to learn from or none held out, or when the loss is not a number;
 * `format` for a checkpoint of another training; `cancelled`.
 */
export function trainGate(_params: GateTraining, _context: JobContext): Promise<TrainedGate> {
  throw new AlidadeError({ code: 'internal', message: 'trainGate is being written' });
}

/**
 * What a gate says about pairs.
 * @returns margins (score of the chosen response minus that of the rejected one) in the order of `pairs`.
 */
export function gateMargins(
  _params: GatePairs & Gate & { readonly pairs: Int32Array; readonly threads?: number },
  _context: JobContext,
): Promise<Float64Array> {
  throw new AlidadeError({ code: 'internal', message: 'gateMargins is being written' });
}
