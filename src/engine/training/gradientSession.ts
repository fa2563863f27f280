import { Tensor } from 'onnxruntime-node';
import { differentiate } from '../../core/onnx/differentiate';
import type { Value } from '../../core/onnx/value';
import { writeModel } from '../../core/onnx/writeModel';
import { createSession } from '../onnx/createSession';

/** An input of a graph and the array that its values are in: what lies there when the session is run counts. */
export interface BoundInput {
  readonly value: Value;
  readonly data: Float32Array;
}

export interface GradientSessionOptions {
  /** A scalar. */
  readonly loss: Value;
  /** What the loss is differentiated by. */
  readonly parameters: readonly BoundInput[];
  readonly inputs: readonly BoundInput[];
  /** Default: as many as the processor has cores. */
  readonly threads: number | undefined;
}

export interface GradientSession {
  /**
   * The loss at what the arrays hold, and its gradient for each parameter: arrays that the next run fills anew. It holds up
   * the thread until it is done.
   */
  run(): Promise<{ readonly loss: number; readonly gradients: readonly Float32Array[] }>;
  release(): Promise<void>;
}

/** Compiles a loss and its gradients as one graph. @throws AlidadeError `device`, `internal` as `differentiate`. */
export async function openGradientSession(options: GradientSessionOptions): Promise<GradientSession> {
  const { loss, parameters, inputs, threads } = options;
  const gradients = differentiate(
    loss,
    parameters.map(({ value }) => value),
  );
  const bound = [...inputs, ...parameters];
  const outputs = [
    { name: 'loss', value: loss },
    ...gradients.map((value, index) => ({ name: `gradient_${index}`, value })),
  ];
  const graph = { name: 'training', inputs: bound.map(({ value }) => value), outputs, externalRoot: '/' };
  const session = await createSession(writeModel(graph), trainingSessionOptions(threads));
  const feeds = Object.fromEntries(bound.map((input) => [nameOf(input.value), tensorOf(input)]));
  const fetches = Object.fromEntries([
    ['loss', new Tensor('float32', new Float32Array(1), [])],
    ...parameters.map(({ value, data }, index) => [
      `gradient_${index}`,
      tensorOf({ value, data: new Float32Array(data.length) }),
    ]),
  ]) as Record<string, Tensor>;
  return {
    async run() {
      const results = await session.run(feeds, fetches);
      return {
        loss: (results.loss.data as Float32Array)[0],
        gradients: parameters.map((_, index) => results[`gradient_${index}`].data as Float32Array),
      };
    },
    release: () => session.release(),
  };
}

export function trainingSessionOptions(threads: number | undefined): Parameters<typeof createSession>[1] {
  return {
    executionProviders: ['cpu'],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    logSeverityLevel: 4,
    extra: { session: { force_spinning_stop: '1', set_denormal_as_zero: '1' } },
  };
}

export function tensorOf({ value, data }: BoundInput): Tensor {
  return new Tensor('float32', data, value.shape.map(Number));
}

export function nameOf({ origin }: Value): string {
  return origin.kind === 'input' ? origin.name : '';
}
