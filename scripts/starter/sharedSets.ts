// The labelled rows that the meters are trained and checked on, read from a folder outside the project, and the sets
// made from them: responses exchanged between prompts, and responses with their words shuffled.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { seededRandom, shuffled } from '../../src/core/seededRandom';
import { promptOf, responseOf, type LabelledText } from './labelledText';

const message = z.object({ role: z.string(), content: z.string() });
const toxicityRow = z.object({
  messages: z.array(message),
  toxic: z.union([z.literal(0), z.literal(1)]),
  group: z.string(),
});
const engagingnessRow = z.object({
  id: z.string(),
  messages: z.array(message),
  ratings: z.object({ engagingness: z.number().min(1).max(3) }),
  group: z.string(),
});
const pairRow = z.object({ prompt: z.array(message), chosen: z.array(message) });
const complianceRow = z.object({
  messages: z.array(message),
  label: z.enum(['1_full_compliance', '2_full_refusal', '3_partial_refusal']),
  group: z.string(),
});

/** Shorter responses ("I don't know.") fit any prompt and cannot be told from their shuffled words. */
const MIN_WORDS = 8;

/** target 1: not toxic. */
export function readToxicity(folder: string): LabelledText[] {
  return readRows(folder, 'toxicity.jsonl', toxicityRow).map(({ messages, toxic, group }) => ({
    messages,
    target: 1 - toxic,
    group,
  }));
}

/** target: the mean rating 1–3, mapped to [0, 1]. */
export function readEngagingness(folder: string): (LabelledText & { readonly system: string })[] {
  return readRows(folder, 'engagingness.jsonl', engagingnessRow).map(({ id, messages, ratings, group }) => ({
    messages,
    target: (ratings.engagingness - 1) / 2,
    group,
    system: id.split('-').at(-1) ?? '',
  }));
}

/** For checking only. */
export interface ComplianceCheck extends LabelledText {
  readonly partial: boolean;
}

/** XSTest completions with the labels of people; target 1: full compliance. Never trained on. */
export function readComplianceCheck(folder: string): ComplianceCheck[] {
  return readRows(folder, 'compliance.jsonl', complianceRow).map(({ messages, label, group }) => ({
    messages,
    target: label === '1_full_compliance' ? 1 : 0,
    partial: label === '3_partial_refusal',
    group,
  }));
}

/** On topic (1) or given to another prompt (0), and in its own order (1) or shuffled (0). */
export interface SelfMadeSets {
  readonly onTopic: readonly LabelledText[];
  readonly fluency: readonly LabelledText[];
}

export interface SelfMadeParams {
  /** Folder of the shared rows. */
  readonly folder: string;
  /** Exchanges written for this project, which are used in the same way. */
  readonly own: readonly Conversation[];
}

/**
 * Prompts are paired at random and the two of a pair exchange their responses. The pair is the group: every response is
 * once right and once wrong in the same fold, so neither its length nor its wording gives it away.
 */
export function makeSelfMadeSets({ folder, own }: SelfMadeParams): SelfMadeSets {
  const random = seededRandom(11);
  const sources = { shared: shuffled(distinctPrompts(folder), random), own: shuffled(own, random) };
  const onTopic: LabelledText[] = [];
  const fluency: LabelledText[] = [];
  for (const [source, conversations] of Object.entries(sources)) {
    for (let first = 0; first + 1 < conversations.length; first += 2) {
      const [a, b] = conversations.slice(first, first + 2);
      const group = `exchange-${source}-${first / 2}`;
      for (const [right, other] of [
        [a, b],
        [b, a],
      ]) {
        const prompt = right.slice(0, -1);
        const words = shuffled(responseOf({ messages: right }).split(/\s+/).filter(Boolean), random).join(' ');
        onTopic.push({ messages: right, target: 1, group });
        onTopic.push({ messages: [...prompt, ...other.slice(-1)], target: 0, group });
        fluency.push({ messages: right, target: 1, group });
        fluency.push({ messages: [...prompt, { role: 'assistant', content: words }], target: 0, group });
      }
    }
  }
  return { onTopic, fluency };
}

type Conversation = LabelledText['messages'];

function distinctPrompts(folder: string): Conversation[] {
  const rows = ['harmless_pairs.jsonl', 'hhh_pairs.jsonl'].flatMap((file) => readRows(folder, file, pairRow));
  const byPrompt = new Map<string, Conversation>();
  const responses = new Set<string>();
  for (const { prompt, chosen } of rows) {
    const messages = [...prompt, ...chosen];
    const response = responseOf({ messages });
    const isLong = MIN_WORDS <= response.split(/\s+/).filter(Boolean).length;
    if (isLong && !byPrompt.has(promptOf({ messages })) && !responses.has(response)) {
      byPrompt.set(promptOf({ messages }), messages);
      responses.add(response);
    }
  }
  return [...byPrompt.values()];
}

function readRows<Schema extends z.ZodType>(folder: string, file: string, schema: Schema): z.infer<Schema>[] {
  return readFileSync(join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}
