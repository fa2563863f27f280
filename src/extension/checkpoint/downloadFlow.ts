import type { DownloadModelParams, DownloadModelResult } from '../../protocol/sidecar';

type Result<Kind> = Extract<DownloadModelResult, { readonly kind: Kind }>;

export type DownloadRequest = Omit<DownloadModelParams, 'requestToken'>;
export type DownloadDone = Result<'done'>;

/** What a download may have to ask on its way; undefined: the user goes no further. */
export interface DownloadQuestions {
  request(request: DownloadRequest): Promise<DownloadModelResult>;
  chooseFile(files: Result<'choice'>['files']): Promise<string | undefined>;
  askToken(reason: Result<'tokenNeeded'>): Promise<string | undefined>;
  /** The token that was of use before. */
  keptToken(): Promise<string | undefined>;
  keepToken(token: string): Promise<void>;
}

/**
 * Downloads a model, asking for what is needed: which of several files, and a token when the hub wants one. A token is sent
 * only then, and kept only when it was of use.
 * @returns null when the user went no further.
 */
export async function runDownload(reference: string, questions: DownloadQuestions): Promise<DownloadDone | null> {
  let request: DownloadRequest = { reference };
  let hasTriedKept = false;
  for (;;) {
    const result = await questions.request(request);
    switch (result.kind) {
      case 'done':
        if (request.token !== undefined) await questions.keepToken(request.token);
        return result;
      case 'choice': {
        const file = await questions.chooseFile(result.files);
        if (file === undefined) return null;
        request = { ...request, files: [file] };
        break;
      }
      case 'tokenNeeded': {
        const kept = hasTriedKept ? undefined : await questions.keptToken();
        hasTriedKept = true;
        const token = kept ?? (await questions.askToken(result));
        if (token === undefined) return null;
        request = { ...request, token };
        break;
      }
    }
  }
}
