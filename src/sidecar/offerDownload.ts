import type { JobContext } from '../core/jobContext';
import { downloadModel } from '../engine/hub/downloadModel';
import { HubTokenNeeded } from '../engine/hub/hubRefusal';
import { ModelChoiceNeeded } from '../engine/hub/selectFiles';
import type { DownloadModelParams, DownloadModelResult } from '../protocol/sidecar';

/** Downloads a model, or says what has to be asked first. */
export async function offerDownload(
  { reference, files, token }: Omit<DownloadModelParams, 'requestToken'>,
  context: JobContext,
): Promise<DownloadModelResult> {
  try {
    const include = files?.map(quotePattern) ?? [];
    const model = await downloadModel({ reference, include, token }, context);
    const fetched = model.files.filter((file) => file.fetched);
    return {
      kind: 'done',
      reference: model.reference,
      path: model.path,
      bytes: model.bytes,
      fetchedBytes: fetched.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  } catch (error) {
    if (error instanceof HubTokenNeeded)
      return { kind: 'tokenNeeded', message: error.message, hint: error.hint ?? null };
    if (error instanceof ModelChoiceNeeded) {
      return { kind: 'choice', files: error.choices.map(({ path, blob }) => ({ path, bytes: blob.size })) };
    }
    throw error;
  }
}

/** The pattern that matches this path only. */
function quotePattern(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}
