import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import {
  CancellationTokenSource,
  createMessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { LayerDifference } from '../../src/core/merging/weightDifference';
import { measureTensor } from '../../src/engine/checkpoint/measureTensor';
import { readTensorFile } from '../../src/engine/checkpoint/readTensorFile';
import { compareWeights } from '../../src/engine/merging/compareWeights';
import { cancelledWireCode, isWireErrorData, type WireErrorData } from '../../src/protocol/sidecar';
import {
  compareWeightsRequest,
  layerDifferenceNotification,
  measureTensorRequest,
  readTensorFileRequest,
} from '../../src/protocol/sidecarCheckpoint';
import type { EngineFunctions } from '../../src/sidecar/engineFunctions';
import { registerHandlers } from '../../src/sidecar/handlers';
import { useTemporaryFolder } from '../fixtures/temporaryFolder';
import { writeTinyCheckpoint } from '../fixtures/tinyCheckpoint';
import { writeSafetensors } from '../fixtures/writeSafetensors';

const requestToken = '7';

describe('tensors of files over the wire', () => {
  const folder = useTemporaryFolder();
  const connections: MessageConnection[] = [];
  afterEach(() => connections.splice(0).forEach((connection) => connection.dispose()));

  function connect(): { readonly host: MessageConnection; readonly layers: LayerDifference[] } {
    const [toSidecar, toHost] = [new PassThrough(), new PassThrough()];
    const host = createMessageConnection(new StreamMessageReader(toHost), new StreamMessageWriter(toSidecar));
    const sidecar = createMessageConnection(new StreamMessageReader(toSidecar), new StreamMessageWriter(toHost));
    connections.push(host, sidecar);
    const engine: Partial<EngineFunctions> = { readTensorFile, measureTensor, compareWeights };
    registerHandlers({
      connection: sidecar,
      engine: engine as EngineFunctions,
      packageVersion: '1.2.3',
      onShutdown: () => undefined,
    });
    const layers: LayerDifference[] = [];
    host.onNotification(layerDifferenceNotification, (params) => {
      assert.equal(params.requestToken, requestToken);
      layers.push(params.layer);
    });
    host.listen();
    sidecar.listen();
    return { host, layers };
  }

  async function failureOf(request: Promise<unknown>): Promise<WireErrorData> {
    const error: unknown = await request
      .then(() => assert.fail('nothing was refused'))
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof ResponseError && isWireErrorData(error.data), String(error));
    return error.data;
  }

  it('tells what a file holds and what a tensor is like', async () => {
    const { host } = connect();
    const path = join(folder(), 'a.safetensors');
    writeFileSync(path, writeSafetensors({ tensors: [{ name: 'w', shape: [4], data: [0, 3, 4, 0] }] }));
    const file = await host.sendRequest(readTensorFileRequest, { path, requestToken });
    assert.deepEqual(
      file.tensors.map(({ name, dtype, shape, bytes }) => ({ name, dtype, shape, bytes })),
      [{ name: 'w', dtype: 'F32', shape: [4], bytes: 16 }],
    );
    const statistics = await host.sendRequest(measureTensorRequest, { path, tensor: 'w', requestToken });
    assert.deepEqual([statistics.norm, statistics.zeros, statistics.max], [5, 2, 4]);
  });

  it('says where a damaged file is damaged, and that a tensor has gone', async () => {
    const { host } = connect();
    const path = join(folder(), 'a.safetensors');
    writeFileSync(path, writeSafetensors({ tensors: [] }));
    const gone = await failureOf(host.sendRequest(measureTensorRequest, { path, tensor: 'w', requestToken }));
    assert.equal(gone.code, 'weights');
    writeFileSync(path, new Uint8Array(5));
    const damaged = await failureOf(host.sendRequest(readTensorFileRequest, { path, requestToken }));
    assert.equal(damaged.code, 'format');
    assert.match(damaged.message, /a\.safetensors, byte 0: the file has only 5 bytes/);
  });

  it('tells each layer of a comparison before the whole, and stops when it is cancelled', async () => {
    const { host, layers } = connect();
    writeTinyCheckpoint({ folder: join(folder(), 'a') });
    const params = { requestToken, first: 'a', second: 'a', cwd: folder() };
    const comparison = await host.sendRequest(compareWeightsRequest, params);
    assert.deepEqual(layers, comparison.layers);
    assert.equal(layers.length, 3);
    const source = new CancellationTokenSource();
    source.cancel();
    await assert.rejects(
      host.sendRequest(compareWeightsRequest, params, source.token),
      (error) => error instanceof ResponseError && error.code === cancelledWireCode,
    );
  });
});
