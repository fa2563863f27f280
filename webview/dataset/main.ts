import {
  actOnDataset,
  copyDatasetText,
  datasetReady,
  explainDatasetRow,
  openDatasetRow,
  readDatasetPage,
  showDataset,
} from '../../src/protocol/datasetView';
import { connectHost } from '../shared/connection';
import { AldDataset, type DatasetHost } from './datasetPage';

const { connection, saveState } = connectHost();

const host: DatasetHost = {
  readPage: (params) => connection.sendRequest(readDatasetPage, params),
  openRow: async (row, focus) => {
    await connection.sendRequest(openDatasetRow, { ...row, focus });
  },
  explainRow: async (row) => {
    await connection.sendRequest(explainDatasetRow, row);
  },
  act: async (action) => {
    await connection.sendRequest(actOnDataset, { action });
  },
  copyText: async (text) => {
    await connection.sendRequest(copyDatasetText, { text });
  },
};

async function start(page: AldDataset): Promise<void> {
  page.host = host;
  connection.onNotification(showDataset, (view) => page.show(view));
  connection.listen();
  const view = await connection.sendRequest(datasetReady, null);
  saveState({ run: view.run.id });
  page.show(view);
}

const page = document.querySelector('ald-dataset');
if (page instanceof AldDataset) void start(page);
