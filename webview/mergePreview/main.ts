import {
  actOnMergePreview,
  chooseScoreInput,
  copyMergePreviewText,
  cutBlocks,
  dropScoreInput,
  mergePreviewReady,
  restoreTrial,
  revealInRecipe,
  setMergePreviewLocked,
  setScoreFollows,
  showMergePreview,
  tryRatios,
  writeRatios,
} from '../../src/protocol/mergePreviewView';
import { connectHost } from '../shared/connection';
import { AldMergePreview, type MergePreviewHost } from './mergePreviewPage';

const { connection } = connectHost();

const host: MergePreviewHost = {
  setLocked: (locked) => connection.sendRequest(setMergePreviewLocked, { locked }),
  tryRatios: (ratios) => connection.sendRequest(tryRatios, { ratios }),
  writeRatios: (ratios) => connection.sendRequest(writeRatios, { ratios }),
  cutBlocks: (blocks) => connection.sendRequest(cutBlocks, { blocks }),
  restoreTrial: (trial) => connection.sendRequest(restoreTrial, { trial }),
  chooseInput: (input) => connection.sendRequest(chooseScoreInput, { input }),
  dropInput: (input) => connection.sendRequest(dropScoreInput, { input }),
  setFollows: (follows) => connection.sendRequest(setScoreFollows, { follows }),
  reveal: (span) => connection.sendRequest(revealInRecipe, { span }),
  act: (action) => connection.sendRequest(actOnMergePreview, { action }),
  copyText: (text) => connection.sendRequest(copyMergePreviewText, { text }),
};

async function start(page: AldMergePreview): Promise<void> {
  page.host = host;
  connection.onNotification(showMergePreview, (view) => page.show(view));
  connection.listen();
  page.show(await connection.sendRequest(mergePreviewReady, null));
}

const page = document.querySelector('ald-mergepreview');
if (page instanceof AldMergePreview) void start(page);
