import { AlidadeError } from '../../core/alidadeError';
import type { HubAccess } from './hubAccess';

/** The hub wants to know who asks: a token may help. */
export class HubTokenNeeded extends AlidadeError {}

export interface HubSubject {
  /** `org/name`. */
  readonly repository: string;
  readonly revision: string;
}

/** What an answer of the hub that is not a success means, in words; null for troubles that may pass. */
export function describeRefusal(
  response: Pick<Response, 'status' | 'statusText' | 'headers'>,
  subject: HubSubject,
  { endpoint, token }: HubAccess,
): AlidadeError | null {
  const { status } = response;
  const { repository, revision } = subject;
  const code = response.headers.get('x-error-code') ?? '';
  const page = `${endpoint}/${repository}`;
  const isRefused = status === 401 || status === 403;
  if (isRefused && code === 'GatedRepo') {
    return new HubTokenNeeded({
      code: 'permission',
      message:
        token === null
          ? `${repository} is gated: its authors want to know who downloads it`
          : `${repository} is gated, and the token has no access to it`,
      hint: `accept its conditions on ${page}, then set HF_TOKEN to a token of that account`,
    });
  }
  if (code === 'RevisionNotFound') {
    return new AlidadeError({
      code: 'not_found',
      message: `${repository} has no revision ${revision}`,
      hint: `its branches and commits are on ${page}/tree/main`,
    });
  }
  if (code === 'EntryNotFound') {
    return new AlidadeError({
      code: 'not_found',
      message: `a file of ${repository} that the hub lists cannot be had from it`,
      hint: 'try again: the repository may have changed meanwhile',
    });
  }
  if (status === 404 || code === 'RepoNotFound') {
    const parts = {
      message: `${repository} does not exist on ${endpoint}, or is private`,
      hint: `check the spelling; for a private model set HF_TOKEN to a token with access`,
      code: 'not_found',
    } as const;
    // Without a token the hub does not tell the two apart: it answers 401.
    return isRefused && token === null ? new HubTokenNeeded(parts) : new AlidadeError(parts);
  }
  if (isRefused) {
    return new HubTokenNeeded({
      code: 'permission',
      message:
        token === null
          ? `${endpoint} does not give out ${repository} without a token (${status})`
          : `${endpoint} refuses the token for ${repository} (${status})`,
      hint: `set HF_TOKEN to a valid token with access to ${page}`,
    });
  }
  if (status === 408 || status === 416 || status === 429 || 500 <= status) return null;
  return new AlidadeError({
    code: 'not_found',
    message: `${endpoint} does not give out ${repository}: it answered ${status} ${response.statusText}`.trim(),
  });
}
