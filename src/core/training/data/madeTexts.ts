import { seededRandom, shuffled } from '../../seededRandom';
import type { Message } from '../../promptFile/message';
import type { ScorableRow } from '../../promptFile/scorableRow';
import type { LabelledRow } from './labelledRow';
import { GroupMerger } from './groupMerger';
import type { MadeText } from './rateRows';
import type { Refusals } from './refusals';

export interface MakeParams {
  readonly rows: readonly LabelledRow[];
  readonly leastWords: number;
  readonly seed: number;
  readonly refusals: Refusals;
}

/** A conversation that ends with a response; of a pair the chosen one. */
interface Dialogue {
  readonly source: LabelledRow;
  readonly prompt: readonly Message[];
  readonly response: string;
}

/**
 * Responses in their place (1) and given to another prompt (0). Prompts are paired at random within a file, and the two of a
 * pair exchange their responses. The pair is the group: every response is once right and once wrong on the same side of a
 * split, so neither its length nor its wording gives it away.
 */
export function exchangeResponses(params: MakeParams): readonly MadeText[] {
  const { rows, seed, refusals } = params;
  const merger = new GroupMerger();
  const made: MadeText[] = [];
  for (const file of filesOf(rows)) {
    const dialogues = shuffled(distinctDialogues(params, file), seededRandom(seed));
    for (let first = 0; first + 1 < dialogues.length; first += 2) {
      const [a, b] = dialogues.slice(first, first + 2);
      merger.join(a.source.group, b.source.group);
      for (const [right, other] of [
        [a, b],
        [b, a],
      ]) {
        made.push(rated(right, right.response, 1), rated(right, other.response, 0));
      }
    }
    const last = dialogues.at(-1);
    if (dialogues.length % 2 === 1 && last !== undefined) {
      refusals.add('no other prompt is left to exchange responses with', last.source.place);
    }
  }
  return made.map(({ text, source }) => ({ text: { ...text, group: merger.nameOf(text.group) }, source }));
}

/** Responses as they are (1) and with their words in a random order (0), both in the group of their row. */
export function shuffleResponses(params: MakeParams): readonly MadeText[] {
  const { rows, seed, refusals } = params;
  return filesOf(rows).flatMap((file) => {
    const random = seededRandom(seed);
    return distinctDialogues(params, file).flatMap((dialogue) => {
      const words = wordsOf(dialogue.response);
      const mixed = shuffled(words, random);
      if (mixed.every((word, index) => word === words[index])) {
        refusals.add('its words in another order are the same', dialogue.source.place);
        return [];
      }
      return [rated(dialogue, dialogue.response, 1), rated(dialogue, mixed.join(' '), 0)];
    });
  });
}

function rated({ source, prompt }: Dialogue, response: string, target: number): MadeText {
  const messages = [...prompt, { role: 'assistant', content: response }];
  const id = target === 1 ? source.row.id : `${source.row.id}/made`;
  return { text: { id, input: { kind: 'messages', messages }, target, group: source.group }, source };
}

function filesOf(rows: readonly LabelledRow[]): readonly string[] {
  return [...new Set(rows.map(({ file }) => file))];
}

/** Those of a file that are long enough, the first of every prompt and of every response. */
function distinctDialogues({ rows, leastWords, refusals }: MakeParams, file: string): readonly Dialogue[] {
  const prompts = new Set<string>();
  const responses = new Set<string>();
  return rows.flatMap((source) => {
    if (source.file !== file) return [];
    const read = readDialogue(source.row);
    const reason = 'reason' in read ? read.reason : tooShort(read.response, leastWords);
    if ('reason' in read || reason !== null) {
      refusals.add(reason ?? '', source.place);
      return [];
    }
    const prompt = JSON.stringify(read.prompt);
    if (prompts.has(prompt) || responses.has(read.response)) {
      refusals.add('its prompt or its response stands in the file already', source.place);
      return [];
    }
    prompts.add(prompt);
    responses.add(read.response);
    return [{ ...read, source }];
  });
}

function readDialogue(row: ScorableRow): Omit<Dialogue, 'source'> | { readonly reason: string } {
  if (row.kind === 'list') return { reason: 'it has several responses' };
  const input = row.kind === 'pair' ? row.chosen : row.input;
  if (input.kind !== 'messages') return { reason: 'its prompt cannot be told from its response' };
  const last = input.messages.at(-1);
  if (last?.role !== 'assistant' || input.messages.length < 2) return { reason: 'it has no prompt or no response' };
  return { prompt: input.messages.slice(0, -1), response: last.content };
}

function tooShort(response: string, leastWords: number): string | null {
  return wordsOf(response).length < leastWords ? `its response has fewer than ${leastWords} words` : null;
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/).filter(Boolean);
}
