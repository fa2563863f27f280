import {
  copyText,
  fetchStarter,
  ready,
  restartSidecar,
  revealRow,
  setLocked,
  showBreakdown,
  showLog,
  weightsChanged,
  type ErrorAction,
} from '../../src/protocol/breakdownView';
import { connectHost } from '../shared/connection';
import { AldBreakdown, type BreakdownHost } from './breakdownPage';

const { connection } = connectHost();
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
};

async function start(page: AldBreakdown): Promise<void> {
  page.host = host;
  connection.onNotification(showBreakdown, (view) => page.show(view));
  connection.listen();
  try {
    page.show(await connection.sendRequest(ready, null));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    page.show({ state: { kind: 'error', code: 'internal', message, actions: ['showLog'] }, locked: false });
  }
}

const page = document.querySelector('ald-breakdown');
if (page instanceof AldBreakdown) void start(page);
