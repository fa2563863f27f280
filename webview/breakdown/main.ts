import {
  copyText,
  fetchStarter,
  labelledPairsProgress,
  readGrowth,
  readLabelledPairs,
  ready,
  restartSidecar,
  revealRow,
  saveExport,
  saveHeadAs,
  setLocked,
  showBreakdown,
  showLog,
  stopLabelledPairs,
  weightsChanged,
  type ErrorAction,
} from '../../src/protocol/breakdownView';
import { connectHost } from '../shared/connection';
import { AldBreakdown, defaultSettings, type BreakdownHost, type PageSettings } from './breakdownPage';

const { connection, savedState, saveState } = connectHost();
const actions = { restartSidecar, revealRow, showLog, fetchStarter } satisfies Record<ErrorAction, unknown>;

const host: BreakdownHost = {
  setLocked: (locked) => connection.sendRequest(setLocked, { locked }),
  copyText: async (text) => {
    await connection.sendRequest(copyText, { text });
  },
  act: async (action) => {
    await connection.sendRequest(actions[action], null);
  },
  changeWeights: async (change) => {
    await connection.sendRequest(weightsChanged, change);
  },
  readGrowth: (responses) => connection.sendRequest(readGrowth, { responses }),
  saveExport: (params) => connection.sendRequest(saveExport, params),
  saveHead: (change) => connection.sendRequest(saveHeadAs, change),
  readLabelledPairs: (modelHash) => connection.sendRequest(readLabelledPairs, { modelHash }),
  stopLabelledPairs: async () => {
    await connection.sendRequest(stopLabelledPairs, null);
  },
  saveSettings: saveState,
};

async function start(page: AldBreakdown): Promise<void> {
  page.host = host;
  page.settings = readSettings(savedState);
  connection.onNotification(showBreakdown, (view) => page.show(view));
  connection.onNotification(labelledPairsProgress, (progress) => (page.pairsProgress = progress));
  connection.listen();
  try {
    page.show(await connection.sendRequest(ready, null));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    page.show({ state: { kind: 'error', code: 'internal', message, actions: ['showLog'] }, locked: false });
  }
}

/** Whatever a former version kept. */
function readSettings(saved: unknown): PageSettings {
  const isWaterfall = typeof saved === 'object' && saved !== null && 'chart' in saved && saved.chart === 'waterfall';
  return isWaterfall ? { chart: 'waterfall' } : defaultSettings;
}

const page = document.querySelector('ald-breakdown');
if (page instanceof AldBreakdown) void start(page);
