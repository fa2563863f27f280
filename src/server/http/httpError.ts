import { AlidadeError } from '../../core/alidadeError';
import type { ErrorCode } from '../../core/alidadeError';

export type HttpErrorType =
  'invalid_request_error' | 'authentication_error' | 'permission_error' | 'rate_limit_error' | 'server_error';

export interface HttpErrorParts {
  readonly status: number;
  readonly message: string;
  readonly code: string;
  /** The field of the request that is wrong. */
  readonly param?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A refusal with its status, in the shape that clients of OpenAI's API read. */
export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, message, code, param, headers = {}, cause }: HttpErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HttpError';
    this.status = status;
    this.code = code;
    this.param = param ?? null;
    this.headers = headers;
  }

  /** The body of the answer. */
  toJSON(): unknown {
    const { message, code, param, status } = this;
    return { error: { message, type: typeOf(status), param, code } };
  }
}

/** A request that is wrong in itself. */
export function badRequest(message: string, param?: string): HttpError {
  return new HttpError({ status: 400, code: 'invalid_request', message, param });
}

/** What the request can be blamed for; everything else is the server's. */
const requestCodes: ReadonlySet<ErrorCode> = new Set(['row', 'template', 'too_long', 'gate_not_found', 'usage']);

/** The refusal that an error amounts to. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (!(error instanceof AlidadeError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new HttpError({ status: 500, code: 'internal', message, cause: error });
  }
  const code = error.code === 'too_long' ? 'context_length_exceeded' : error.code;
  const message = error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
  return new HttpError({ status: requestCodes.has(error.code) ? 400 : 500, code, message, cause: error });
}

function typeOf(status: number): HttpErrorType {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}
