import {
  checkpointReady,
  compareCheckpoint,
  copyCheckpointText,
  dropComparison,
  measureTensor,
  openAsText,
  showCheckpoint,
  showComparing,
  showComparison,
  showMeasuring,
  stopComparing,
  stopMeasuring,
} from '../../src/protocol/checkpointView';
import { connectHost } from '../shared/connection';
import { AldCheckpoint, type CheckpointHost, type KeptState } from './checkpointPage';

const { connection, savedState, saveState } = connectHost();

const host: CheckpointHost = {
  measure: (tensor) => connection.sendRequest(measureTensor, { tensor }),
  stopMeasuring: async () => {
    await connection.sendRequest(stopMeasuring, null);
  },
  compare: async () => {
    await connection.sendRequest(compareCheckpoint, null);
  },
  stopComparing: async () => {
    await connection.sendRequest(stopComparing, null);
  },
  dropComparison: async () => {
    await connection.sendRequest(dropComparison, null);
  },
  openAsText: async () => {
    await connection.sendRequest(openAsText, null);
  },
  copyText: async (text) => {
    await connection.sendRequest(copyCheckpointText, { text });
  },
};

async function start(page: AldCheckpoint): Promise<void> {
  page.host = host;
  // Only this page writes it, and every version of it the same.
  if (savedState !== undefined) page.restore(savedState as KeptState);
  page.onKeep = saveState;
  connection.onNotification(showCheckpoint, (view) => page.show(view));
  connection.onNotification(showComparison, ({ comparison }) => page.showComparison(comparison));
  connection.onNotification(showComparing, ({ progress }) => page.showComparing(progress));
  connection.onNotification(showMeasuring, ({ tensor, progress }) => page.showMeasuring(tensor, progress));
  connection.listen();
  page.show(await connection.sendRequest(checkpointReady, null));
}

const page = document.querySelector('ald-checkpoint');
if (page instanceof AldCheckpoint) void start(page);
