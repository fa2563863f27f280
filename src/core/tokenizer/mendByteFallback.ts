import type { Tokenizer as Pipeline } from '@huggingface/tokenizers';

/** A token that stands for one byte, in vocabularies made by SentencePiece. */
export function isByteToken(token: string): boolean {
  return /^<0x[0-9A-F]{2}>$/.test(token);
}

/**
 * Decodes runs of byte tokens as the Rust library does: a run that is not UTF-8 as a whole becomes one U+FFFD for each of
 * its bytes (tokenizers, decoders/byte_fallback.rs). The package keeps the valid parts of such a run.
 */
export function mendByteFallback(pipeline: Pipeline): void {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array): string => {
    try {
      return strict.decode(bytes);
    } catch {
      return '\uFFFD'.repeat(bytes.length);
    }
  };
  for (const decoder of listDecoders(pipeline.decoder)) {
    if (readConfigType(decoder) === 'ByteFallback') Object.assign(decoder, { text_decoder: { decode } });
  }
}

/** A decoder is a function object; a sequence of them has `decoders`. */
function listDecoders(decoder: unknown): object[] {
  if (decoder === null || (typeof decoder !== 'object' && typeof decoder !== 'function')) return [];
  const inner = 'decoders' in decoder && Array.isArray(decoder.decoders) ? (decoder.decoders as unknown[]) : [];
  return [decoder, ...inner.flatMap(listDecoders)];
}

function readConfigType(decoder: object): unknown {
  const config = 'config' in decoder ? decoder.config : undefined;
  return typeof config === 'object' && config !== null && 'type' in config ? config.type : undefined;
}
