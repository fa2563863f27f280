import { existsSync } from 'node:fs';
import { InferenceSession, Tensor, env } from 'onnxruntime-node';
import { AlidadeError } from '../../core/alidadeError';
import type { DeviceChoice } from '../../core/device';
import * as op from '../../core/onnx/operators';
import { floatConstant, graphInput } from '../../core/onnx/value';
import { writeModel } from '../../core/onnx/writeModel';
import { EXECUTION_PROVIDERS } from './executionProviders';
import type { Device, ExecutionProvider } from './executionProviders';

/** What happened when a small graph was really run on a device. */
export interface DeviceReport {
  readonly device: Device;
  readonly works: boolean;
  /** Why it was refused, or how fast it ran. */
  readonly detail: string;
  readonly hint?: string;
  /** Milliseconds of the small graph, best of several runs. */
  readonly milliseconds?: number;
}

export interface ChosenDevice {
  readonly provider: ExecutionProvider;
  /** Why this one and no other, in words. */
  readonly reason: string;
}

/** Runs a small graph on every device that this platform may have. */
export async function probeDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const provider of candidates()) reports.push(await probeDevice(provider));
  return reports;
}

/**
 * The device to run on. `auto` takes the first of the table that really works and is not slower than the CPU.
 * @throws AlidadeError `device` when the one asked for does not work here, saying why.
 */
export async function chooseDevice(choice: DeviceChoice): Promise<ChosenDevice> {
  if (choice === 'cpu') return { provider: cpuProvider(), reason: 'asked for' };
  if (choice !== 'auto') return chooseNamed(choice);
  const automatic = candidates().filter((provider) => provider.automatic && provider.device !== 'cpu');
  const refusals: string[] = [];
  let cpu: DeviceReport | undefined;
  for (const provider of automatic) {
    if (!isPresent(provider)) {
      refusals.push(`${provider.device} refused: no ${provider.linuxDevices.join(' or ')} here`);
      continue;
    }
    const report = await probeDevice(provider);
    cpu ??= await probeDevice(cpuProvider());
    const slower = (cpu.milliseconds ?? Infinity) < (report.milliseconds ?? 0);
    if (report.works && !slower) {
      return { provider, reason: [`${provider.device} works (${report.detail})`, ...refusals].join('; ') };
    }
    const why = report.works ? `slower than the CPU here (${report.detail} against ${cpu.detail})` : report.detail;
    refusals.push(`${provider.device} refused: ${why}`);
  }
  return { provider: cpuProvider(), reason: refusals.length === 0 ? 'the only device' : refusals.join('; ') };
}

async function chooseNamed(device: Device): Promise<ChosenDevice> {
  const provider = candidates().find((row) => row.device === device);
  if (provider === undefined) {
    const known = candidates().map((row) => row.device);
    throw new AlidadeError({
      code: 'device',
      message: `device ${device} does not exist on ${process.platform}`,
      hint: `use one of: auto, ${known.join(', ')}`,
    });
  }
  const report = await probeDevice(provider);
  if (report.works) return { provider, reason: `asked for; ${report.detail}` };
  throw new AlidadeError({
    code: 'device',
    message: `device ${device} does not work here: ${report.detail}`,
    hint: `${provider.hint}, or use --device auto`,
  });
}

function candidates(): readonly ExecutionProvider[] {
  return EXECUTION_PROVIDERS.filter((provider) => provider.platforms.includes(process.platform));
}

function isPresent({ linuxDevices }: ExecutionProvider): boolean {
  return process.platform !== 'linux' || linuxDevices.some((path) => existsSync(path));
}

function cpuProvider(): ExecutionProvider {
  return EXECUTION_PROVIDERS.find((provider) => provider.device === 'cpu') as ExecutionProvider;
}

const SIZE = 512;
const RUNS = 3;
/** No need to measure more carefully: a CPU takes a few milliseconds. */
const TOO_SLOW_MS = 250;

async function probeDevice(provider: ExecutionProvider): Promise<DeviceReport> {
  const { device } = provider;
  silenceRuntime();
  try {
    const session = await InferenceSession.create(probeGraph(), {
      executionProviders: [device],
      logSeverityLevel: 4,
      extra: { session: { disable_cpu_ep_fallback: device === 'cpu' ? '0' : '1' } },
    });
    try {
      const rows = new Tensor('float32', new Float32Array(SIZE * SIZE).fill(1 / SIZE), [SIZE, SIZE]);
      let milliseconds = Infinity;
      for (let run = 0; run < RUNS; run += 1) {
        const start = performance.now();
        const { product } = await session.run({ rows });
        const first = ((await product?.getData()) as Float32Array | undefined)?.[0];
        if (first === undefined || 1e-3 < Math.abs(first - 2)) {
          return { device, works: false, detail: `a matrix product came out as ${first}`, hint: provider.hint };
        }
        milliseconds = Math.min(milliseconds, performance.now() - start);
        if (TOO_SLOW_MS < milliseconds) break;
      }
      return { device, works: true, detail: `${milliseconds.toFixed(1)} ms for the test graph`, milliseconds };
    } finally {
      await session.release();
    }
  } catch (error) {
    return { device, works: false, detail: firstLine(error), hint: provider.hint };
  }
}

/**
 * ONNX Runtime writes to stderr what it also throws (a provider that cannot be loaded); the exception is enough. Its own
 * log comes back with ALIDADE_RUNTIME_LOG=verbose.
 */
export function silenceRuntime(): void {
  env.logLevel = process.env['ALIDADE_RUNTIME_LOG'] === 'verbose' ? 'verbose' : 'fatal';
}

/** rows × a matrix of ones, twice scaled: every element is 2 when every input is 1 / SIZE. */
function probeGraph(): Uint8Array {
  const rows = graphInput('rows', 'float32', [SIZE, SIZE]);
  const twos = floatConstant('twos', new Array<number>(SIZE * SIZE).fill(2), [SIZE, SIZE]);
  const product = op.matMul(rows, twos);
  return writeModel({
    name: 'probe',
    inputs: [rows],
    outputs: [{ name: 'product', value: product }],
    externalRoot: '/',
  });
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split('\n')[0] ?? text;
  // "/path/of/its/source.cc:136 Function(…) condition was false. What went wrong"
  return line.replace(/^\/\S+:\d+ .* was false\. /, '').slice(0, 300);
}
