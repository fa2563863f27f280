import { readFileSync, rmSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import * as op from '../../src/core/onnx/operators';
import { floatConstant, graphInput } from '../../src/core/onnx/value';
import { writeModel } from '../../src/core/onnx/writeModel';
import type { WeightMode } from '../../src/engine/onnx/openDecoder';
import { openRewardModel } from '../../src/engine/reward/openRewardModel';
import { benchmarkContext } from '../support/benchmarkContext';
import { writeRandomHead } from '../support/randomHead';

// argv: `runtime`, or `meters` or `body` and a weight mode. Prints what /proc says of this process as one line of JSON.

async function main(): Promise<void> {
  const [what, weightMode] = process.argv.slice(2);
  await runSmallGraph();
  if (what === 'meters') await scoreWithMeters(weightMode as WeightMode);
  if (what === 'body') await runWholeBody(weightMode as WeightMode);
  globalThis.gc?.();
  console.log(JSON.stringify(readPrivateMemory()));
}

/** What any program that uses the runtime holds. */
async function runSmallGraph(): Promise<void> {
  const size = 64;
  const rows = graphInput('rows', 'float32', [size, size]);
  const product = op.matMul(rows, floatConstant('ones', new Array<number>(size * size).fill(1), [size, size]));
  const outputs = [{ name: 'product', value: product }];
  const model = writeModel({ name: 'small', inputs: [rows], outputs, externalRoot: '/' });
  const session = await InferenceSession.create(model);
  await session.run({ rows: new Tensor('float32', new Float32Array(size * size), [size, size]) });
  await session.release();
}

const prompt = {
  role: 'user',
  content: 'How does a compass find north, and why is it a little wrong? '.repeat(6),
} as const;
const response = { role: 'assistant', content: 'Its needle follows the field of the earth. '.repeat(14) } as const;

/** A pair of about 250 tokens each through the starter's meters: tokenizer, template, 20 layers. */
async function scoreWithMeters(weightMode: WeightMode): Promise<void> {
  const model = await openRewardModel(
    { reference: 'starter', device: 'cpu', dtype: 'f32', weightMode },
    benchmarkContext,
  );
  const other = { ...response, content: `No. ${response.content}` };
  const chosen = { kind: 'messages', messages: [prompt, response] } as const;
  const rejected = { kind: 'messages', messages: [prompt, other] } as const;
  await model.scoreRow({ kind: 'pair', id: '1', chosen, rejected }, {}, benchmarkContext);
}

/** The same text through all layers, to a linear head. */
async function runWholeBody(weightMode: WeightMode): Promise<void> {
  const head = writeRandomHead(576);
  const model = await openRewardModel(
    { reference: 'starter', headPath: head.path, device: 'cpu', dtype: 'f32', weightMode },
    benchmarkContext,
  );
  rmSync(head.folder, { recursive: true });
  const input = { kind: 'messages', messages: [prompt, response] } as const;
  await model.scoreRow({ kind: 'single', id: '1', input }, {}, benchmarkContext);
}

/** Bytes. */
function readPrivateMemory(): Record<string, number> {
  const text = readFileSync('/proc/self/smaps_rollup', 'utf8');
  const entry = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  return { privateDirty: entry('Private_Dirty'), anonymous: entry('Anonymous'), resident: entry('Rss') };
}

void main();
