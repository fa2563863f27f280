import {
  actOnComparison,
  comparisonReady,
  copyComparisonText,
  explainAnswers,
  openVersion,
  showComparison,
  showTextDifference,
} from '../../src/protocol/comparisonView';
import { connectHost } from '../shared/connection';
import { AldComparison, type ComparisonHost } from './comparisonPage';

const { connection, saveState } = connectHost();

const host: ComparisonHost = {
  act: (action) => connection.sendRequest(actOnComparison, { action }),
  explain: (answers) => connection.sendRequest(explainAnswers, answers),
  showTextDifference: (input) => connection.sendRequest(showTextDifference, { input }),
  openVersion: (side) => connection.sendRequest(openVersion, { side }),
  copyText: (text) => connection.sendRequest(copyComparisonText, { text }),
};

async function start(page: AldComparison): Promise<void> {
  page.host = host;
  connection.onNotification(showComparison, (view) => {
    page.view = view;
  });
  connection.listen();
  const { view, saved } = await connection.sendRequest(comparisonReady, null);
  saveState(saved);
  page.view = view;
}

const page = document.querySelector('ald-comparison');
if (page instanceof AldComparison) void start(page);
