import { AlidadeError } from '../../core/alidadeError';

/** What ONNX Runtime threw, as an error for people. */
export function deviceError(what: string, error: unknown): AlidadeError {
  const detail = error instanceof Error ? error.message : String(error);
  const memory = /alloc|memory/i.test(detail);
  return new AlidadeError({
    code: 'device',
    message: `${what}: ${detail.split('\n')[0] ?? detail}`,
    hint: memory ? 'close other programs, or use a smaller model or a shorter text' : 'try --device cpu',
    cause: error,
  });
}
