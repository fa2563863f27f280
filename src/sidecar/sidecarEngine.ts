import { AlidadeError } from '../core/alidadeError';
import type { CheckpointSummary } from '../core/checkpoint/checkpointSummary';
import type { JobContext } from '../core/jobContext';
import { discoverCheckpoints } from '../engine/checkpoint/discoverCheckpoints';
import { fetchStarter } from '../engine/checkpoint/fetchStarter';
import { hubCacheFolder } from '../engine/checkpoint/hubCache';
import { loadHeadFile } from '../engine/checkpoint/loadHeadFile';
import { starterHeadPath, starterPath } from '../engine/checkpoint/starterFile';
import { probeDevices } from '../engine/onnx/chooseDevice';
import { openRewardModel } from '../engine/reward/rewardModel';
import type { DoctorCheck, DoctorResult, ListCheckpointsResult, ListedCheckpoint } from '../protocol/sidecar';
import type { EngineFunctions } from './engineFunctions';

/** The engine as the sidecar offers it. */
export const sidecarEngine: EngineFunctions = { openRewardModel, listCheckpoints, fetchStarter: fetchIt, doctor };

async function listCheckpoints(folders: readonly string[], context: JobContext): Promise<ListCheckpointsResult> {
  const starter = await discoverCheckpoints({ folders: [starterPath()] }, context);
  const inFolders = await discoverCheckpoints({ folders }, context);
  const inHub = await discoverCheckpoints({ folders: [hubCacheFolder()] }, context);
  const seen = new Set<string>();
  const checkpoints = [
    ...inFolders.map((summary) => listed(summary, 'folder')),
    ...inHub.map((summary) => listed(summary, 'hub')),
    ...(await Promise.all(starter.map(listedStarter))),
  ].filter(({ path }) => !seen.has(path) && seen.add(path));
  return { checkpoints, starterPresent: 0 < starter.length };
}

function listed(summary: CheckpointSummary, place: 'folder' | 'hub'): ListedCheckpoint {
  return { ...summary, place, reference: place === 'hub' ? summary.name : summary.path };
}

async function listedStarter(summary: CheckpointSummary): Promise<ListedCheckpoint> {
  const starter = { ...summary, place: 'starter', reference: 'starter' } as const;
  try {
    const { metadata } = await loadHeadFile(starterHeadPath());
    return { ...starter, head: { kind: 'meters', objectives: metadata.objectives.map(({ name }) => name) } };
  } catch (error) {
    if (!(error instanceof AlidadeError)) throw error;
    return { ...starter, head: null, problems: [...summary.problems, error.message] };
  }
}

async function fetchIt(context: JobContext): Promise<string> {
  await fetchStarter(context);
  return starterPath();
}

async function doctor(context: JobContext): Promise<DoctorResult> {
  const [devices, starter] = [await probeDevices(), await discoverCheckpoints({ folders: [starterPath()] }, context)];
  const problems = starter.flatMap((summary) => summary.problems);
  const checks: DoctorCheck[] = [
    { name: 'node', ok: true, detail: `${process.version} on ${process.platform}-${process.arch}` },
    ...devices.map(({ device, works, detail }) => ({ name: `device ${device}`, ok: works, detail })),
    {
      name: 'starter model',
      ok: starter.length === 1 && problems.length === 0,
      detail: starter.length === 0 ? 'not fetched yet' : (problems[0] ?? starterPath()),
    },
    { name: 'hub cache', ok: true, detail: hubCacheFolder() },
  ];
  // One device that works is enough for the main job.
  return { ok: devices.some(({ works }) => works), checks };
}
