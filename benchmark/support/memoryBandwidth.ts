import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as op from '../../src/core/onnx/operators';
import { graphInput } from '../../src/core/onnx/value';
import { writeModel } from '../../src/core/onnx/writeModel';

/** More than any cache holds: 1 GiB. */
const ROWS = 1 << 16;
const COLUMNS = 1 << 12;

/** Bytes a second that so many threads read in order: the best of five sums over 1 GiB. */
export async function measureMemoryBandwidth(threads: number): Promise<number> {
  const rows = graphInput('rows', 'float32', [ROWS, COLUMNS]);
  const outputs = [{ name: 'sums', value: op.reduceSum(rows, 1) }];
  const model = writeModel({ name: 'read', inputs: [rows], outputs, externalRoot: '/' });
  const session = await InferenceSession.create(model, { intraOpNumThreads: threads });
  const values = new Float32Array(ROWS * COLUMNS).fill(1);
  const feeds = { rows: new Tensor('float32', values, [ROWS, COLUMNS]) };
  let best = Infinity;
  for (let run = 0; run < 5; run += 1) {
    const start = performance.now();
    await session.run(feeds);
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  await session.release();
  return values.byteLength / best;
}
