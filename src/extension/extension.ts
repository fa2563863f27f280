import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { EventEmitter, l10n, window, workspace } from 'vscode';
import type { BreakdownView } from '../protocol/breakdownView';
import type { CheckpointView } from '../protocol/checkpointView';
import type { ComparisonView } from '../protocol/comparisonView';
import type { DatasetView } from '../protocol/datasetView';
import type { MergePreviewView } from '../protocol/mergePreviewView';
import type { TrainingView } from '../protocol/trainingView';
import { registerModelsView } from './checkpoint/modelsView';
import { registerCheckpointViewer } from './checkpointViewer/registerCheckpointViewer';
import { registerDataFileContext } from './dataFileContext';
import { registerComparison } from './comparison/registerComparison';
import { registerDatasetPanels } from './dataset/datasetPanels';
import { registerLabels } from './labels/registerLabels';
import { registerLanguageModelTools } from './languageModelTools/registerLanguageModelTools';
import { registerGenerationCommands } from './generation/generationCommands';
import { registerMerging } from './merging/registerMerging';
import { PromptDocuments } from './prompt/promptDocuments';
import { PromptInputs } from './prompt/promptInputs';
import { registerPromptFiles } from './prompt/registerPromptFiles';
import { DataDocuments } from './promptFile/dataDocuments';
import { affectsSetting, readSetting } from './readSetting';
import { registerCommand } from './registerCommand';
import { reportSidecarFailure } from './reportError';
import { registerBreakdownPanel } from './reward/breakdownPanel';
import { registerRewardHover } from './reward/rewardHover';
import { registerRewardLens } from './reward/rewardLens';
import { registerRowCommands } from './reward/rowCommands';
import { RowScores } from './reward/rowScores';
import { registerVisibleRowScoring } from './reward/scoreVisibleRows';
import { registerRewardTests, type RewardTestsView } from './rewardTest/registerRewardTests';
import type { RunRecord } from './run/runRecord';
import { finishedRuns } from './run/runs';
import { registerRunsView } from './run/runsView';
import { registerDoctor } from './sidecar/doctor';
import { forkSidecar } from './sidecar/forkSidecar';
import { registerModelStatus } from './sidecar/modelStatus';
import { SidecarClient } from './sidecar/sidecarClient';
import type { SidecarState } from './sidecar/sidecarSupervisor';
import type { HeadRunRecord } from './training/headRunRecord';
import { registerHeadRecipes } from './training/registerHeadRecipes';
import { registerTraining } from './training/registerTraining';
import { registerWalkthrough } from './walkthrough/walkthrough';

/** Registers everything and starts nothing: the sidecar starts with the first request. */
export function activate(context: ExtensionContext): ExtensionApi {
  const log = window.createOutputChannel(l10n.t('Alidade'), { log: true });
  const sidecarState = new EventEmitter<SidecarState>();
  const client = new SidecarClient({
    fork: () =>
      forkSidecar({ script: join(context.extensionPath, 'dist', 'sidecar.js'), nodePath: readSetting('nodePath') }),
    packageVersion: (context.extension.packageJSON as { readonly version: string }).version,
    logger: log,
    onStateChange: (state) => {
      sidecarState.fire(state);
      if (state.kind === 'failed') reportSidecarFailure(state.reason);
    },
  });
  const documents = new DataDocuments();
  const scores = new RowScores(client);
  const breakdown = registerBreakdownPanel({
    ...{ context, client, documents, scores },
    finishedRuns: () => finishedRuns(runs.runs),
  });
  const rewardTests = registerRewardTests({ client, scores, documents, breakdown });
  const training = registerTraining({ context, client, logger: log });
  const models = registerModelsView({ client, scores, secrets: context.secrets, heads: training.files });
  const prompts = new PromptDocuments();
  const inputs = new PromptInputs(context.workspaceState);
  const comparison = registerComparison({ context, client, scores, inputs, breakdown });
  const runs = registerRunsView({ context, client, documents, logger: log, others: training.listed });
  const datasets = registerDatasetPanels({ context, client, documents, breakdown, runs });
  const merging = registerMerging({ context, client, models, logger: log });
  const viewer = registerCheckpointViewer({ context, client, process: merging.process, models });

  context.subscriptions.push(
    log,
    sidecarState,
    client,
    documents,
    scores,
    registerDataFileContext(documents),
    models,
    registerHeadRecipes(client, models),
    registerModelStatus({
      client,
      scores,
      onSidecarState: sidecarState.event,
      concerns: (document) => documents.holdsRows(document) || prompts.isPrompt(document),
    }),
    registerRewardHover(documents, scores),
    registerRewardLens(documents, scores),
    registerVisibleRowScoring(documents, scores),
    registerRowCommands(documents, scores),
    registerLabels(documents, scores),
    breakdown,
    rewardTests,
    prompts,
    inputs,
    registerPromptFiles({ client, secrets: context.secrets, prompts, inputs, rows: documents, breakdown }),
    registerGenerationCommands({ secrets: context.secrets, listCheckpoints: models.checkpoints }),
    comparison,
    runs,
    datasets,
    merging,
    training,
    viewer,
    registerDoctor(client),
    registerLanguageModelTools(scores),
    registerWalkthrough({ context, scores }),
    registerCommand('alidade.showLog', () => log.show()),
    registerCommand('alidade.restartSidecar', async () => {
      await client.restart();
      scores.forgetModelFailure();
    }),
    workspace.onDidChangeConfiguration(async (event) => {
      if (affectsSetting(event, 'nodePath')) await client.stop();
    }),
  );
  return {
    sidecarState: () => client.state,
    breakdown: breakdown.view,
    runs: () => runs.runs.all,
    dataset: datasets.view,
    comparisons: comparison.views,
    rewardTests: rewardTests.view,
    mergePreview: merging.preview,
    headRuns: training.runs,
    training: training.view,
    checkpoint: viewer.view,
  };
}

/** What other extensions and the tests may see. */
export interface ExtensionApi {
  readonly sidecarState: () => SidecarState;
  /** What the breakdown page shows; null when it is closed. */
  readonly breakdown: () => BreakdownView | null;
  /** The newest first. */
  readonly runs: () => readonly RunRecord[];
  /** What the page of a run shows; null when it is closed. */
  readonly dataset: (runId: string) => DatasetView | null;
  /** What the pages that compare versions show, the last opened one last. */
  readonly comparisons: () => readonly ComparisonView[];
  /** What the Test Explorer shows of reward tests. */
  readonly rewardTests: () => RewardTestsView;
  /** What the preview of a merge shows; null when it is closed. */
  readonly mergePreview: () => MergePreviewView | null;
  /** Trainings and evaluations of heads, the newest first. */
  readonly headRuns: () => readonly HeadRunRecord[];
  /** What the page of a head shows, by the id of its run or the path of its file; null when it is closed. */
  readonly training: (key: string) => TrainingView | null;
  /** What the viewer of a weight file shows, by its path; null when it is closed. */
  readonly checkpoint: (path: string) => CheckpointView | null;
}
