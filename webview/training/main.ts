import { actOnTraining, copyTrainingText, showTraining, trainingReady } from '../../src/protocol/trainingView';
import { connectHost } from '../shared/connection';
import { AldTraining, type TrainingHost } from './trainingPage';

const { connection, saveState } = connectHost();

const host: TrainingHost = {
  act: (action) => connection.sendRequest(actOnTraining, { action }),
  copyText: (text) => connection.sendRequest(copyTrainingText, { text }),
};

async function start(page: AldTraining): Promise<void> {
  page.host = host;
  connection.onNotification(showTraining, (view) => page.show(view));
  connection.listen();
  const view = await connection.sendRequest(trainingReady, null);
  saveState(view.subject.kind === 'head' ? { head: view.path } : { run: view.subject.run });
  page.show(view);
}

const page = document.querySelector('ald-training');
if (page instanceof AldTraining) void start(page);
