import { dirname } from 'node:path';
import type { CheckpointSummary } from '../core/checkpoint/checkpointSummary';
import type { JobContext } from '../core/jobContext';
import type { DataRow } from '../core/promptFile/parseDataFile';
import { describeHeadFile } from '../engine/checkpoint/describeHeadFile';
import { discoverCheckpoints } from '../engine/checkpoint/discoverCheckpoints';
import { discoverHeads } from '../engine/checkpoint/discoverHeads';
import { fetchStarter } from '../engine/checkpoint/fetchStarter';
import { hubCacheFolder } from '../engine/checkpoint/hubCache';
import { measureTensor } from '../engine/checkpoint/measureTensor';
import { readTensorFile } from '../engine/checkpoint/readTensorFile';
import { starterFile, starterPath } from '../engine/checkpoint/starterFile';
import { isVerifiedFile } from '../engine/checkpoint/verifiedFile';
import { diagnose } from '../engine/doctor';
import { exportScores } from '../engine/dataset/exportScores';
import { answerMessages } from '../engine/generation/answerMessages';
import { openLanguageModel } from '../engine/generation/languageModel';
import { compareWeights } from '../engine/merging/compareWeights';
import { distilRecipe } from '../engine/merging/distilRecipe';
import { MergeScorer } from '../engine/merging/mergeScorer';
import { readMergeSources } from '../engine/merging/readMergeSources';
import { runRecipe } from '../engine/merging/runRecipe';
import { openDataInputs } from '../engine/promptFile/dataInput';
import { openRowScorer } from '../engine/reward/openRowScorer';
import { scoreDataset } from '../engine/reward/scoreDataset';
import { workNames } from '../engine/reward/scoreRun';
import { describeExport } from '../engine/training/describeExport';
import { evaluateHead } from '../engine/training/evaluateHead';
import { exportHead } from '../engine/training/exportHead';
import { saveHead } from '../engine/training/saveHead';
import { readDataFields } from '../engine/training/readDataFields';
import { trainRecipe } from '../engine/training/trainRecipe';
import { runRewardTests } from '../engine/rewardTest/runRewardTests';
import type { FetchStarterResult, ListCheckpointsResult, ListedCheckpoint } from '../protocol/sidecar';
import type { ListedHead } from '../protocol/sidecarTraining';
import type { EngineFunctions, OpenLanguageModel, OpenModelParams } from './engineFunctions';
import { offerDownload } from './offerDownload';

/** The engine as the sidecar offers it. */
export const sidecarEngine: EngineFunctions = {
  openRewardModel: openRowScorer,
  openLanguageModel: openIt,
  listCheckpoints,
  fetchStarter: fetchIt,
  downloadModel: offerDownload,
  doctor: diagnose,
  runRewardTests,
  scoreDataset,
  readRows,
  outputPaths: (path) => [path, workNames(path).part],
  exportScores,
  createMergeScorer: () => new MergeScorer(),
  distilRecipe,
  readMergeSources,
  runRecipe,
  readTensorFile,
  measureTensor,
  compareWeights,
  trainHead: trainRecipe,
  evaluateHead: (params, context) => evaluateHead({ ...params, cwd: dirname(params.head) }, context),
  exportHead: async ({ copy, ...params }, context) =>
    describeExport(await exportHead({ ...params, isCopying: copy, cwd: dirname(params.head) }, context)),
  saveHead,
  readHead: describeHeadFile,
  listHeads,
  readDataFields,
};

async function openIt(
  { reference, device, dtype, threads, cwd }: OpenModelParams,
  context: JobContext,
): Promise<OpenLanguageModel> {
  const model = await openLanguageModel({ reference, device, dtype, threads, cwd }, context);
  const { checkpoint, session } = model;
  return {
    description: { name: checkpoint.name, path: checkpoint.path, device: session.device, dtype: session.dtype },
    answer: (options, answering) => answerMessages({ model, ...options }, answering),
    release: () => model.release(),
  };
}

/** One file after the other, as a run reads them. */
async function* readRows(inputs: readonly string[], { signal }: JobContext): AsyncGenerator<DataRow> {
  for (const input of await openDataInputs({ paths: inputs })) yield* input.rows({ signal });
}

async function listCheckpoints(folders: readonly string[], context: JobContext): Promise<ListCheckpointsResult> {
  const starter = await discoverCheckpoints({ folders: [starterPath()] }, context);
  const inFolders = await discoverCheckpoints({ folders }, context);
  const inHub = await discoverCheckpoints({ folders: [hubCacheFolder()] }, context);
  const seen = new Set<string>();
  const checkpoints = [
    ...inFolders.map((summary) => listed(summary, 'folder')),
    ...inHub.map((summary) => listed(summary, 'hub')),
    ...starter.map((summary) => ({ ...summary, place: 'starter', reference: 'starter' }) as const),
  ].filter(({ path }) => !seen.has(path) && seen.add(path));
  return { checkpoints, starterPresent: 0 < starter.length };
}

async function listHeads(folders: readonly string[], context: JobContext): Promise<readonly ListedHead[]> {
  const heads = await discoverHeads({ folders }, context);
  return heads.map(({ path, bytes, metadata: { name, objectives, gate, body } }) => ({
    ...{ path, bytes, name, body },
    objectives: objectives.map((objective) => objective.name),
    isGated: gate !== undefined,
  }));
}

function listed(summary: CheckpointSummary, place: 'folder' | 'hub'): ListedCheckpoint {
  return { ...summary, place, reference: place === 'hub' ? summary.name : summary.path };
}

async function fetchIt(context: JobContext): Promise<FetchStarterResult> {
  const wasPresent = await isVerifiedFile(starterPath(), starterFile, context.signal);
  return { path: await fetchStarter(context), wasPresent };
}
