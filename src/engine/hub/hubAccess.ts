import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';

type Environment = Readonly<Record<string, string | undefined>>;

/** How long the hub is waited for; tests have less patience. */
export interface HubPatience {
  /** Attempts at one request, and at going on with one file without a byte of progress. Default 5. */
  readonly attempts: number;
  /** Milliseconds before the second attempt, doubled for each one after. Default 500. */
  readonly retryDelay: number;
  /** Milliseconds without a byte after which an attempt is given up. Default 30,000. */
  readonly stallLimit: number;
  /** The longest `Retry-After` that is waited for, in milliseconds. Default 120,000. */
  readonly longestPause: number;
}

/** Which hub, and as whom. */
export interface HubAccess {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** null: as nobody in particular. Sent to the endpoint only. */
  readonly token: string | null;
  readonly patience: HubPatience;
}

const usualPatience: HubPatience = { attempts: 5, retryDelay: 500, stallLimit: 30_000, longestPause: 120_000 };

/**
 * Endpoint and token as the hub's own tools find them: HF_ENDPOINT; HF_TOKEN, else the file that `hf auth login` writes.
 * @throws AlidadeError `usage` where HF_HUB_OFFLINE forbids the network, or HF_ENDPOINT is no address.
 */
export async function readHubAccess({
  token,
  environment = process.env,
  home = homedir(),
}: {
  /** Goes before that of the environment. */
  readonly token?: string | undefined;
  readonly environment?: Environment;
  readonly home?: string;
} = {}): Promise<HubAccess> {
  if (/^(1|true|yes|on)$/i.test(environment['HF_HUB_OFFLINE'] ?? '')) {
    throw new AlidadeError({
      code: 'usage',
      message: 'HF_HUB_OFFLINE is set: nothing is downloaded',
      hint: 'unset it to download',
    });
  }
  const endpoint = (environment['HF_ENDPOINT'] ?? '').trim().replace(/\/+$/, '') || 'https://huggingface.co';
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new AlidadeError({
      code: 'usage',
      message: `HF_ENDPOINT is ${JSON.stringify(endpoint)}, not an address`,
      hint: 'give an address such as https://huggingface.co',
    });
  }
  const own = token?.trim() || tokenOf(environment) || (await readTokenFile(environment, home));
  if (own !== null && !/^[\x21-\x7e]+$/.test(own)) {
    throw new AlidadeError({
      code: 'usage',
      message: 'the hub token holds characters that no token has',
      hint: 'a token is one word, such as hf_…',
    });
  }
  return { endpoint, token: own, patience: usualPatience };
}

function tokenOf(environment: Environment): string | null {
  return environment['HF_TOKEN']?.trim() || environment['HUGGING_FACE_HUB_TOKEN']?.trim() || null;
}

async function readTokenFile(environment: Environment, home: string): Promise<string | null> {
  const cache = environment['XDG_CACHE_HOME'] || join(home, '.cache');
  const path = environment['HF_TOKEN_PATH'] || join(environment['HF_HOME'] || join(cache, 'huggingface'), 'token');
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trim() || null;
}
