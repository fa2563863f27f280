import type { ScorableRow } from '../../src/core/promptFile/scorableRow';
import { seededRandom, shuffled } from '../../src/core/seededRandom';
import type { Tokenizer } from '../../src/core/tokenizer/tokenizer';
import { benchmarkSentence } from './benchmarkText';

export interface MixedTexts {
  readonly texts: readonly (readonly number[])[];
  readonly tokens: number;
}

const MEDIAN = 150;
const SPREAD = 0.8; // of the logarithm
const SHORTEST = 24;
const LONGEST = 800;
const REFUSALS = [
  "I'm sorry, but I can't help with that.",
  'No. I will not talk about this.',
  'As a machine I cannot.',
];

/**
 * Chats of one turn in the starter's template without the last end of turn (which is its padding token, and would be
 * skipped), as token ids; their lengths are log-normal, from 24 to 800 tokens (mean
 * about 200). Replies differ so that meters have something to tell apart: plain, in scrambled order, refusing, going round
 * in circles.
 */
export function mixedTexts(
  tokenizer: Tokenizer,
  { count, seed = 1 }: { readonly count: number; readonly seed?: number },
): MixedTexts {
  const random = seededRandom(seed);
  const start = tokenizer.encodeRendered('<|im_start|>user\n');
  const turn = tokenizer.encodeRendered('<|im_end|>\n<|im_start|>assistant\n');
  const marks = start.length + turn.length;
  const texts = Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const length = Math.round(Math.exp(Math.log(MEDIAN) + SPREAD * normal));
    const room = Math.min(LONGEST, Math.max(SHORTEST, length)) - marks;
    const prompt = Math.max(3, Math.round(room * (0.1 + 0.4 * random())));
    const encode = (text: string, tokens: number): readonly number[] =>
      tokenizer.encode(text, { addSpecialTokens: false }).slice(0, tokens);
    return [
      ...start,
      ...encode(proseOf(random, prompt), prompt),
      ...turn,
      ...encode(replyOf(random, room - prompt), room - prompt),
    ];
  });
  return { texts, tokens: texts.reduce((sum, { length }) => sum + length, 0) };
}

/** Rows as the scoring path takes them. */
export function rowsOf(texts: readonly (readonly number[])[]): ScorableRow[] {
  return texts.map((ids, index) => ({ kind: 'single', id: String(index + 1), input: { kind: 'ids', ids } }));
}

function replyOf(random: () => number, tokens: number): string {
  const kind = random();
  const prose = proseOf(random, tokens);
  if (kind < 0.5) return prose;
  if (kind < 0.7) return shuffled(prose.split(' '), random).join(' ');
  if (kind < 0.85) return `${REFUSALS[Math.floor(random() * REFUSALS.length)]} ${prose}`;
  return `${benchmarkSentence(random)}. `.repeat(Math.ceil(tokens / 8));
}

/** Sentences of at least so many tokens: each has more than eight. */
function proseOf(random: () => number, tokens: number): string {
  return Array.from({ length: Math.ceil(tokens / 8) }, () => `${benchmarkSentence(random)}.`).join(' ');
}
