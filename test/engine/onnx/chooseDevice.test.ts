import assert from 'node:assert/strict';
import { chooseDevice, probeDevices } from '../../../src/engine/onnx/chooseDevice';
import { EXECUTION_PROVIDERS } from '../../../src/engine/onnx/executionProviders';
import { chooseWeightMode } from '../../../src/engine/onnx/openDecoder';
import { relativeError } from '../../fixtures/assertClose';
import { openTinySession, tinyIds } from '../../fixtures/openTinySession';
import { quietContext } from '../../fixtures/quietContext';
import { referenceDecoder } from '../../fixtures/referenceDecoder';
import { rejects } from '../../fixtures/rejects';
import { useTemporaryCache } from '../../fixtures/temporaryCache';
import { useTemporaryFolder } from '../../fixtures/temporaryFolder';

const here = EXECUTION_PROVIDERS.filter(({ platforms }) => platforms.includes(process.platform));
const elsewhere = EXECUTION_PROVIDERS.filter(({ platforms }) => !platforms.includes(process.platform));

describe('chooseDevice', function () {
  this.timeout(20_000);

  it('takes the CPU when asked to', async () => {
    const { provider, reason } = await chooseDevice('cpu');
    assert.equal(provider.device, 'cpu');
    assert.equal(reason, 'asked for');
  });

  it('refuses a device that this platform does not have, and names those it has', async () => {
    assert.ok(0 < elsewhere.length);
    for (const { device } of elsewhere) {
      const error = await rejects(() => chooseDevice(device), 'device', new RegExp(`${device} does not exist`));
      for (const known of here) assert.ok(error.hint?.includes(known.device));
    }
  });

  it('says of every better device why it was not taken', async () => {
    const { provider, reason } = await chooseDevice('auto');
    const automatic = here.filter((row) => row.automatic && row.device !== 'cpu');
    if (provider.device !== 'cpu') {
      assert.match(reason, new RegExp(`^${provider.device} works`));
      return;
    }
    for (const { device } of automatic) assert.match(reason, new RegExp(`${device} refused: .{5}`));
  });

  it('agrees with the probe about every device', async () => {
    const reports = await probeDevices();
    assert.deepEqual(
      reports.map(({ device }) => device),
      here.map(({ device }) => device),
    );
    const cpu = reports.find(({ device }) => device === 'cpu');
    assert.ok(cpu?.works && 0 < (cpu.milliseconds ?? 0));
    for (const { device, works, detail, hint } of reports.filter((report) => report.device !== 'cpu')) {
      assert.notEqual(detail, '', device);
      if (works) continue;
      assert.ok(hint !== undefined, device);
      // What failed once in this process is not tried again with webgpu's driver on the way.
      if (device === 'cuda') await rejects(() => chooseDevice(device), 'device', /cuda does not work here/);
    }
  });

  it('finds that WebGPU runs the decoder right where there is a driver', async function () {
    if (process.env['VK_ICD_FILENAMES'] === undefined) this.skip();
    this.timeout(120_000); // a driver that computes on the CPU compiles every kernel
    const ids = tinyIds(20);
    const { session, config, tensors } = await openTinySession({
      folder: folder(),
      config: { hidden_size: 64 },
      options: { device: 'webgpu' },
    });
    const hidden: Float32Array[] = [];
    for (const length of [12, 13, 20]) {
      const result = await session.evaluate(
        { ids: ids.slice(0, length), hiddenPositions: [length - 1] },
        quietContext(),
      );
      hidden.push(result.hidden[0]);
    }
    await session.release();
    const expected = referenceDecoder(config, tensors, ids).hidden;
    [11, 12, 19].forEach((position, index) => assert.ok(relativeError(hidden[index], expected[position]) < 1e-4));
  });

  useTemporaryCache();
  const folder = useTemporaryFolder();
});

describe('chooseWeightMode', () => {
  const previous = process.env['ALIDADE_WEIGHT_MODE'];
  afterEach(() => {
    if (previous === undefined) delete process.env['ALIDADE_WEIGHT_MODE'];
    else process.env['ALIDADE_WEIGHT_MODE'] = previous;
  });

  it('maps weights for which there is no memory to repack them', () => {
    delete process.env['ALIDADE_WEIGHT_MODE'];
    assert.equal(chooseWeightMode(1e15, 'f32'), 'mapped');
  });

  it('does what the environment says, if it says something that exists', () => {
    process.env['ALIDADE_WEIGHT_MODE'] = 'prepacked';
    assert.equal(chooseWeightMode(1e15, 'f32'), 'prepacked');
    process.env['ALIDADE_WEIGHT_MODE'] = 'mapped';
    assert.equal(chooseWeightMode(0, 'f32'), 'mapped');
    process.env['ALIDADE_WEIGHT_MODE'] = 'other';
    assert.equal(chooseWeightMode(1e15, 'f32'), 'mapped');
  });
});
