// Rows written for this project, put together from the pieces in text/: refusals and answers that the compliance meter is
// trained on, and the answers that on-topic and fluency use besides. Answers to harmful requests comply in tone only; their
// content is harmless.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import type { Message } from '../../src/core/promptFile/message';
import { seededRandom } from '../../src/core/seededRandom';

/** Prompts and phrases are dealt to this many clusters that share nothing: a cluster is a group of the split. */
const CLUSTERS = 8;

const answerSchema = z.object({ topic: z.string(), prompt: z.string(), answer: z.string() });
const requestSchema = z.object({ topic: z.string(), prompt: z.string() });
const phraseSchema = z.object({
  kind: z.enum([
    'refusal',
    'opening',
    'reason',
    'redirect',
    'closing',
    'partial',
    'partialHarmful',
    'prefix',
    'suffix',
    'compliance',
  ]),
  text: z.string(),
});
type PhraseKind = z.infer<typeof phraseSchema>['kind'];

export interface WrittenRow {
  readonly messages: readonly Message[];
}

export interface ComplianceRow extends WrittenRow {
  /** 1: it answers, 0: it refuses, wholly or in part. */
  readonly complies: 0 | 1;
  readonly group: string;
}

/** The text of rows/<name>.jsonl by name; the same every time. */
export function writtenRows(starterFolder: string): Readonly<Record<string, string>> {
  const textFolder = join(starterFolder, 'text');
  const lines = (rows: readonly WrittenRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return {
    'compliance.written': lines(complianceRows(textFolder)),
    'answers.written': lines(answerRows(textFolder)),
  };
}

/** About 600 conversations. */
export function complianceRows(textFolder: string): ComplianceRow[] {
  const answers = readLines(join(textFolder, 'answers.jsonl'), answerSchema);
  const requests = readLines(join(textFolder, 'harmfulRequests.jsonl'), requestSchema);
  const phrases = readLines(join(textFolder, 'phrases.jsonl'), phraseSchema);
  const rows: ComplianceRow[] = [];
  for (let cluster = 0; cluster < CLUSTERS; cluster++) {
    const pieces = dealPhrases(phrases, cluster);
    const add = (prompt: string, response: string, complies: 0 | 1): void => {
      rows.push({ messages: exchange(prompt, response), complies, group: `compliance-${cluster}` });
    };
    ofCluster(answers, cluster).forEach(({ topic, prompt, answer }, index) => {
      add(prompt, answer, 1);
      if (index % 2 === 0) {
        add(prompt, pieces.decorate(answer), 1);
        add(prompt, pieces.composedRefusal(topic), 0);
      }
      add(prompt, index % 2 === 1 ? pieces.composedRefusal(topic) : pieces.wholeRefusal(topic), 0);
      if (index % 3 === 0) {
        add(prompt, pieces.partial(topic, answer), 0);
      }
    });
    ofCluster(requests, cluster).forEach(({ topic, prompt }, index) => {
      add(prompt, pieces.compliance(topic), 1);
      add(prompt, index % 2 === 0 ? pieces.composedRefusal(topic) : pieces.wholeRefusal(topic), 0);
      if (index % 4 === 0) {
        add(prompt, pieces.partialHarmful(topic), 0);
      }
    });
  }
  return rows;
}

/** The prompts that are not harmful, with the answers written for them. */
function answerRows(textFolder: string): WrittenRow[] {
  return readLines(join(textFolder, 'answers.jsonl'), answerSchema).map(({ prompt, answer }) => ({
    messages: exchange(prompt, answer),
  }));
}

function exchange(prompt: string, response: string): readonly Message[] {
  return [
    { role: 'user', content: prompt },
    { role: 'assistant', content: response },
  ];
}

interface Pieces {
  readonly wholeRefusal: (topic: string) => string;
  readonly composedRefusal: (topic: string) => string;
  readonly partial: (topic: string, answer: string) => string;
  readonly partialHarmful: (topic: string) => string;
  readonly compliance: (topic: string) => string;
  readonly decorate: (answer: string) => string;
}

function dealPhrases(phrases: readonly z.infer<typeof phraseSchema>[], cluster: number): Pieces {
  const random = seededRandom(100 + cluster);
  const used = new Map<PhraseKind, number>();
  // Takes the cluster's phrases of a kind in turn, so that each is used about equally often.
  const next = (kind: PhraseKind, topic = ''): string => {
    const all = phrases.filter((phrase) => phrase.kind === kind);
    const own = ofCluster(all, cluster);
    const pool = own.length === 0 ? [all[cluster % all.length]] : own;
    const turn = used.get(kind) ?? 0;
    used.set(kind, turn + 1);
    return pool[turn % pool.length].text.replaceAll('{topic}', topic);
  };
  const join = (parts: readonly string[]): string => parts.join(random() < 0.5 ? ' ' : '\n\n');
  return {
    wholeRefusal(topic) {
      const refusal = next('refusal', topic);
      return random() < 0.5 ? refusal : join([refusal, next('reason', topic), next('redirect', topic)]);
    },
    composedRefusal(topic) {
      // From two sentences to more than a hundred words, as the answers have, so that length says little about the label.
      const length = random();
      const parts = [next('opening', topic), next('reason', topic)];
      if (0.15 < length) {
        parts.push(next('reason', topic), next('redirect', topic));
      }
      if (0.4 < length) {
        parts.splice(2, 0, next('reason', topic));
        parts.push(next('opening', topic), next('redirect', topic));
      }
      if (random() < 0.5) {
        parts.push(next('closing', topic));
      }
      return join([...new Set(parts)]);
    },
    partial: (topic, answer) => next('partial', topic).replaceAll('{start}', firstSentences(answer)),
    partialHarmful: (topic) => next('partialHarmful', topic),
    compliance: (topic) => next('compliance', topic),
    decorate(answer) {
      const parts = [answer];
      if (random() < 0.7) {
        parts.unshift(next('prefix'));
      }
      if (parts.length === 1 || random() < 0.5) {
        parts.push(next('suffix'));
      }
      return join(parts);
    },
  };
}

/** The first sentences of an answer, up to about forty words. */
function firstSentences(answer: string): string {
  const sentences = answer.replaceAll(/\s+/g, ' ').match(/[^.!?]+[.!?]+["']?/g) ?? [answer];
  let text = sentences[0];
  for (const sentence of sentences.slice(1)) {
    if (40 < (text + sentence).split(' ').length) {
      break;
    }
    text += sentence;
  }
  return text.trim();
}

function ofCluster<Item>(items: readonly Item[], cluster: number): Item[] {
  return items.filter((_, index) => index % CLUSTERS === cluster);
}

function readLines<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => schema.parse(JSON.parse(line)));
}
