import { existsSync } from 'node:fs';
import { access, constants, mkdir, readdir, stat, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { JobContext } from '../core/jobContext';
import { throwIfCancelled } from '../core/throwIfCancelled';
import { cacheFolder } from './checkpoint/cacheFolder';
import { hubCacheFolder } from './checkpoint/hubCache';
import { loadHeadFile } from './checkpoint/loadHeadFile';
import { starterFile, starterHeadPath, starterPath } from './checkpoint/starterFile';

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface DoctorReport {
  /** The main job, scoring, can be done here. */
  readonly ok: boolean;
  readonly checks: readonly DoctorCheck[];
}

/** Bytes of the starter's weights in F32. */
const starterWeightBytes = 134_515_008 * 4;

/** What works on this machine. A device that does not, or a starter that is not fetched yet, does not stop the main job. */
export async function diagnose(context: JobContext): Promise<DoctorReport> {
  const node = { name: 'node', ok: true, detail: `${process.version} on ${process.platform}-${process.arch}` };
  const { checks: devices, canRun } = await checkRuntime(context);
  throwIfCancelled(context.signal);
  const head = await checkStarterHead();
  const cache = await checkCache();
  const checks = [node, ...devices, checkStarter(), head, cache, await checkHubCache()];
  return { ok: canRun && head.ok && cache.ok, checks };
}

async function checkRuntime(
  context: JobContext,
): Promise<{ readonly checks: readonly DoctorCheck[]; readonly canRun: boolean }> {
  let runtime: typeof import('onnxruntime-node');
  try {
    runtime = await import('onnxruntime-node');
  } catch (error) {
    const check = { name: 'runtime', ok: false, detail: `onnxruntime-node cannot be loaded: ${wordsOf(error)}` };
    return { checks: [check], canRun: false };
  }
  const { chooseDevice, probeDevices } = await import('./onnx/chooseDevice');
  const { chooseWeightMode } = await import('./onnx/openDecoder');
  context.progress({ message: 'Trying devices' });
  const reports = await probeDevices();
  const chosen = await chooseDevice('auto');
  const mode = chooseWeightMode(starterWeightBytes, 'f32');
  const checks = [
    {
      name: 'runtime',
      ok: true,
      detail: `onnxruntime-node ${runtime.env.versions.node ?? runtime.env.versions.common}`,
    },
    ...reports.map(({ device, works, detail, hint }) => ({
      name: `device ${device}`,
      ok: works,
      detail: works || hint === undefined ? detail : `${detail}: ${hint}`,
    })),
    { name: 'device auto', ok: true, detail: `${chosen.provider.device}: ${chosen.reason}` },
    {
      name: 'weights',
      ok: true,
      detail: `the starter's would be ${mode}: ${gigabytes(freemem())} of ${gigabytes(totalmem())} memory are free`,
    },
  ];
  return { checks, canRun: reports.some(({ device, works }) => device === 'cpu' && works) };
}

function checkStarter(): DoctorCheck {
  const path = starterPath();
  const ok = existsSync(path);
  const detail = ok ? path : `not fetched yet (${(starterFile.size / 1e6).toFixed(0)} MB): alidade starter fetch`;
  return { name: 'starter model', ok, detail };
}

async function checkStarterHead(): Promise<DoctorCheck> {
  const path = starterHeadPath();
  try {
    const { metadata } = await loadHeadFile(path);
    return { name: 'starter meters', ok: true, detail: metadata.objectives.map(({ name }) => name).join(', ') };
  } catch (error) {
    return { name: 'starter meters', ok: false, detail: wordsOf(error) };
  }
}

async function checkCache(): Promise<DoctorCheck> {
  const folder = cacheFolder();
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    const used = await folderBytes(folder);
    return { name: 'cache', ok: true, detail: `${folder}, ${gigabytes(used)} used, ${gigabytes(bavail * bsize)} free` };
  } catch (error) {
    return { name: 'cache', ok: false, detail: `${folder} cannot be written: ${wordsOf(error)}: set ALIDADE_CACHE` };
  }
}

async function checkHubCache(): Promise<DoctorCheck> {
  const folder = hubCacheFolder();
  const names = await readdir(folder).catch((): string[] => []);
  const models = names.filter((name) => name.startsWith('models--')).length;
  const where = existsSync(folder) || existsSync(dirname(folder)) ? folder : `${folder} (not there)`;
  return { name: 'hub cache', ok: true, detail: `${where}, ${models} models` };
}

/** Two levels are all that Alidade makes. */
async function folderBytes(folder: string, depth = 3): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && 0 < depth) sum += await folderBytes(path, depth - 1);
    if (entry.isFile()) sum += (await stat(path)).size;
  }
  return sum;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? text).slice(0, 300);
}
