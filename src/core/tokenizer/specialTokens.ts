/** Special tokens by their name in tokenizer_config.json: `bos_token`, `eos_token`, `pad_token`, `unk_token`, … */
export type SpecialTokens = Readonly<Record<string, string>>;

/** Every `…_token` of a tokenizer_config.json that has a text: a string, or an AddedToken object with `content`. */
export function readSpecialTokens(tokenizerConfig: Record<string, unknown>): SpecialTokens {
  const tokens: Record<string, string> = {};
  for (const [name, value] of Object.entries(tokenizerConfig)) {
    if (!name.endsWith('_token')) continue;
    const content = readContent(value);
    if (content !== null) tokens[name] = content;
  }
  return tokens;
}

function readContent(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('content' in value)) return null;
  return typeof value.content === 'string' ? value.content : null;
}
