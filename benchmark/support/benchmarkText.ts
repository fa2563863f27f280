import type { Tokenizer } from '../../src/core/tokenizer/tokenizer';

const OPENINGS = ['Before noon', 'In the harbour', 'Last winter', 'Without haste', 'Every morning', 'Near the bridge'];
const SUBJECTS = [
  'the surveyor',
  'an old captain',
  'her neighbour',
  'the night train',
  'a patient teacher',
  'the river',
];
const VERBS = ['measured', 'carried', 'remembered', 'crossed', 'described', 'repaired'];
const OBJECTS = [
  'the long valley',
  'a box of letters',
  'the copper instrument',
  'seven small boats',
  'the map of the coast',
];
const ENDINGS = [
  'and wrote down the angle',
  'while the rain went on',
  'because nobody else would',
  'for the second time',
];

/** Plain sentences, exactly `tokens` long; another seed gives another text from its first word on. */
export function benchmarkIds(
  tokenizer: Tokenizer,
  { tokens, seed }: { readonly tokens: number; readonly seed: number },
) {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const random = (): number => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let text = `${seed}.`;
  let ids: readonly number[] = [];
  while (ids.length < tokens) {
    text += ` ${benchmarkSentence(random)}.`;
    ids = tokenizer.encode(text, { addSpecialTokens: false });
  }
  return ids.slice(0, tokens);
}

/** A sentence without its full stop. */
export function benchmarkSentence(random: () => number): string {
  const parts = [OPENINGS, SUBJECTS, VERBS, OBJECTS, ENDINGS];
  return parts.map((words) => words[Math.floor(random() * words.length)]).join(' ');
}
