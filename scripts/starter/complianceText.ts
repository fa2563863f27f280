// Refusals and answers written for this project, put together from the pieces in text/: what the compliance meter is
// trained on. Answers to harmful requests comply in tone only; their content is harmless.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { seededRandom } from '../../src/core/seededRandom';
import { exchange, type LabelledText } from './labelledText';

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

/** About 500 conversations; target 1: it answers, 0: it refuses, wholly or in part. The same every time. */
export function makeComplianceText(textFolder: string): LabelledText[] {
  const answers = readLines(join(textFolder, 'answers.jsonl'), answerSchema);
  const requests = readLines(join(textFolder, 'harmfulRequests.jsonl'), requestSchema);
  const phrases = readLines(join(textFolder, 'phrases.jsonl'), phraseSchema);
  const rows: LabelledText[] = [];
  for (let cluster = 0; cluster < CLUSTERS; cluster++) {
    const pieces = dealPhrases(phrases, cluster);
    const add = (prompt: string, response: string, target: 0 | 1): void => {
      rows.push({ messages: exchange(prompt, response), target, group: `compliance-${cluster}` });
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
export function readOwnAnswers(textFolder: string): LabelledText['messages'][] {
  return readLines(join(textFolder, 'answers.jsonl'), answerSchema).map(({ prompt, answer }) =>
    exchange(prompt, answer),
  );
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
