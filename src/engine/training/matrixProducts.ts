import { Tensor, type InferenceSession } from 'onnxruntime-node';
import { apply, float, int } from '../../core/onnx/applyOperator';
import { graphInput } from '../../core/onnx/value';
import { writeModel } from '../../core/onnx/writeModel';
import type { MatrixProducts, ProductParams } from '../../core/training/linear/matrixProducts';
import { createSession } from '../onnx/createSession';

export interface RuntimeProducts extends MatrixProducts {
  release(): Promise<void>;
}

/** Which of the two are transposed, and whether the product is subtracted from C. */
interface ProductKind {
  readonly transposeLeft: boolean;
  readonly transposeRight: boolean;
  readonly isSubtracted: boolean;
}

/** Products by ONNX Runtime's Gemm in double precision, on the CPU. */
export async function openMatrixProducts(threads?: number): Promise<RuntimeProducts> {
  const open = (kind: ProductKind): Promise<InferenceSession> =>
    createSession(productGraph(kind), {
      executionProviders: ['cpu'],
      ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    });
  const straight = { transposeLeft: false, transposeRight: false, isSubtracted: false };
  const sessions = {
    byTransposed: await open({ ...straight, transposeRight: true }),
    lessByTransposed: await open({ ...straight, transposeRight: true, isSubtracted: true }),
    plain: await open(straight),
    transposedBy: await open({ ...straight, transposeLeft: true }),
  };
  const run = async (
    name: keyof typeof sessions,
    params: ProductParams & { c?: Float64Array },
  ): Promise<Float64Array> => {
    const { a, b, c, m, n, k } = params;
    const results = await sessions[name].run({
      a: new Tensor('float64', a, name === 'transposedBy' ? [k, m] : [m, k]),
      b: new Tensor('float64', b, name === 'plain' || name === 'transposedBy' ? [k, n] : [n, k]),
      ...(c === undefined ? {} : { c: new Tensor('float64', c, [m, n]) }),
    });
    return results['product'].data as Float64Array;
  };
  return {
    byTransposed: (params) => run('byTransposed', params),
    lessByTransposed: (params) => run('lessByTransposed', params),
    plain: (params) => run('plain', params),
    transposedBy: (params) => run('transposedBy', params),
    async release() {
      for (const session of Object.values(sessions)) await session.release();
    },
  };
}

function productGraph({ transposeLeft, transposeRight, isSubtracted }: ProductKind): Uint8Array {
  const a = graphInput('a', 'float64', transposeLeft ? ['k', 'm'] : ['m', 'k']);
  const b = graphInput('b', 'float64', transposeRight ? ['n', 'k'] : ['k', 'n']);
  const c = graphInput('c', 'float64', ['m', 'n']);
  const product = apply(
    'Gemm',
    isSubtracted ? [a, b, c] : [a, b],
    {
      transA: int(transposeLeft ? 1 : 0),
      transB: int(transposeRight ? 1 : 0),
      ...(isSubtracted ? { alpha: float(-1), beta: float(1) } : {}),
    },
    ['float64', ['m', 'n']],
  );
  return writeModel({
    name: 'product',
    inputs: isSubtracted ? [a, b, c] : [a, b],
    outputs: [{ name: 'product', value: product }],
    externalRoot: '/',
  });
}
