import assert from 'node:assert/strict';
import { InferenceSession } from 'onnxruntime-node';
import { AlidadeError } from '../../../src/core/alidadeError';
import * as op from '../../../src/core/onnx/operators';
import { externalConstant, floatConstant, graphInput } from '../../../src/core/onnx/value';
import type { Value } from '../../../src/core/onnx/value';
import { writeModel } from '../../../src/core/onnx/writeModel';
import { floatTensor, runGraph } from '../../fixtures/runGraph';

function refused(build: () => unknown, message: RegExp): void {
  assert.throws(
    build,
    (error) => error instanceof AlidadeError && error.code === 'internal' && message.test(error.message),
  );
}

function write(inputs: readonly Value[], value: Value, externalRoot = '/'): Uint8Array {
  return writeModel({ name: 'test', inputs, outputs: [{ name: 'y', value }], externalRoot });
}

describe('writeModel', () => {
  const x = graphInput('x', 'float32', [2]);

  it('refuses an input that is used but not declared', () => {
    refused(() => write([], op.absolute(x)), /graph input x is used but not declared/);
  });

  it('declares inputs that nothing needs', async () => {
    const spare = graphInput('spare', 'int64', ['n']);
    const session = await InferenceSession.create(write([x, spare], op.absolute(x)), { logSeverityLevel: 4 });
    assert.deepEqual(session.inputNames, ['x', 'spare']);
    assert.deepEqual(session.outputNames, ['y']);
    await session.release();
  });

  it('refuses two constants of one name with other content, shape or place', () => {
    const one = floatConstant('c', [1, 2], [2]);
    const place = { file: '/weights', offset: 0, length: 8 };
    const others = [
      floatConstant('c', [1, 3], [2]),
      floatConstant('c', [1, 2], [1, 2]),
      externalConstant('c', 'float32', [2], place),
    ];
    for (const other of others) refused(() => write([], op.add(one, other)), /two constants are called c/);
    const external = externalConstant('c', 'float32', [2], place);
    const moved = externalConstant('c', 'float32', [2], { ...place, offset: 8 });
    refused(() => write([], op.add(external, moved)), /two constants are called c/);
  });

  it('writes equal constants of one name once', async () => {
    const sum = op.add(floatConstant('c', [1, 2], [2]), floatConstant('c', [1, 2], [2]));
    const { y } = await runGraph({ outputs: { y: sum } });
    assert.deepEqual(y.values, [2, 4]);
  });

  it('computes a value that many others use once', async () => {
    const doubled = op.add(x, x);
    const feeds = { x: floatTensor([1, 2], [2]) };
    const { y, z } = await runGraph({ inputs: [x], outputs: { y: doubled, z: op.multiply(doubled, doubled) }, feeds });
    assert.deepEqual(
      [y.values, z.values],
      [
        [2, 4],
        [4, 16],
      ],
    );
    const bytes = Buffer.from(write([x], op.multiply(doubled, doubled))).toString('latin1');
    assert.equal(bytes.split('\u0003Add').length - 1, 1);
  });

  it('refuses outputs that no node computes', () => {
    refused(() => write([x], x), /output y is not computed/);
  });

  it('refuses weights outside the root', () => {
    const at = (file: string): Value =>
      op.absolute(externalConstant('w', 'float32', [2], { file, offset: 0, length: 8 }));
    assert.ok(write([], at('/models/a/w.bin'), '/models').length > 0);
    refused(() => write([], at('/modelsother/w.bin'), '/models'), /lies outside/);
    refused(() => write([], at('/w.bin'), '/models/'), /lies outside/);
  });

  it('writes the place of external weights relative to the root', () => {
    const weights = externalConstant('w', 'float32', [2], { file: '/models/a/w.bin', offset: 4096, length: 8 });
    const text = Buffer.from(write([], op.absolute(weights), '/models')).toString('latin1');
    assert.ok(text.includes('a/w.bin'));
    assert.ok(text.includes('4096'));
    assert.ok(!text.includes('/models'));
  });

  it('writes a chain of 20,000 nodes', () => {
    let value: Value = x;
    for (let step = 0; step < 20_000; step += 1) value = op.absolute(value);
    assert.ok(write([x], value).length > 20_000);
  });
});
