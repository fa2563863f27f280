import type { ConversionRecord, Prompt, RecordBody, Reply, Turn } from '../../../src/core/convert/conversionRecord';

/** Draws from 0 to 1. */
export type Random = () => number;

const words = ['alpha', 'beta', 'gamma', 'naïve', '数', '"quoted"', 'a\nb', '{x}', '100 %', "it's", 'C:\\d', '  space'];

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)];
}

function text(random: Random): string {
  const count = 1 + Math.floor(random() * 5);
  return Array.from({ length: count }, () => pick(random, words)).join(' ');
}

/** Of texts that transcripts keep: they lose white space around them. */
function turn(random: Random, role: string): Turn {
  const content = text(random).trim();
  if (random() < 0.9) return { role, content, extras: {} };
  if (role === 'assistant' && random() < 0.5) {
    const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
    return { role, content: '', extras: { tool_calls: [call], content: null } };
  }
  if (random() < 0.5) return { role, content, extras: { name: 'ann' } };
  const image = { type: 'image_url', image_url: { url: 'data:' } };
  return { role, content, extras: { content: [{ type: 'text', text: content }, image] } };
}

function prompt(random: Random): Prompt {
  if (random() < 0.3) return { kind: 'text', text: text(random) };
  const turns = random() < 0.3 ? [turn(random, 'system')] : [];
  turns.push(turn(random, 'user'));
  while (random() < 0.3) turns.push(turn(random, 'assistant'), turn(random, 'user'));
  return { kind: 'turns', turns };
}

function reply(random: Random, label: boolean | null, hasScore: boolean): Reply {
  const turns = [turn(random, 'assistant')];
  if (random() < 0.1) turns.push(turn(random, 'user'), turn(random, 'assistant'));
  return { turns, label, score: hasScore ? Math.round(random() * 1e6) / 1e5 - 5 : null };
}

function body(random: Random): RecordBody {
  const kind = pick(random, [
    'text',
    'steps',
    'none',
    'one',
    'labelled',
    'pair',
    'pair',
    'pair',
    'graded',
    'many',
  ] as const);
  const hasScores = random() < 0.3;
  const count = 2 + Math.floor(random() * 3);
  switch (kind) {
    case 'text':
      return { kind: 'text', text: text(random) };
    case 'steps':
      return {
        kind: 'steps',
        prompt: { kind: 'text', text: text(random) },
        steps: Array.from({ length: count }, () => ({ text: text(random), label: random() < 0.5 })),
      };
    case 'none':
      return { kind: 'exchange', prompt: prompt(random), replies: [] };
    case 'one':
      return { kind: 'exchange', prompt: prompt(random), replies: [reply(random, null, hasScores)] };
    case 'labelled':
      return { kind: 'exchange', prompt: prompt(random), replies: [reply(random, random() < 0.5, hasScores)] };
    case 'pair': {
      const replies = [reply(random, true, hasScores), reply(random, false, hasScores)];
      return { kind: 'exchange', prompt: prompt(random), replies };
    }
    case 'graded': {
      const worse = Array.from({ length: count }, () => reply(random, false, false));
      return { kind: 'exchange', prompt: prompt(random), replies: [reply(random, true, false), ...worse] };
    }
    case 'many': {
      const replies = Array.from({ length: count }, () => reply(random, null, hasScores));
      return { kind: 'exchange', prompt: prompt(random), replies };
    }
  }
}

/** A record of any kind; every other one has nothing beside the conversation. */
export function randomRecord(random: Random): ConversionRecord {
  if (random() < 0.5) {
    return { body: body(random), id: null, subset: null, margin: null, reference: null, tools: null, fields: {} };
  }
  const tool = { type: 'function', function: { name: 'look' } };
  return {
    body: body(random),
    id: random() < 0.3 ? `row ${Math.floor(random() * 100)}` : random() < 0.1 ? Math.floor(random() * 100) : null,
    subset: random() < 0.2 ? 'chat-hard' : null,
    margin: null,
    reference: random() < 0.2 ? text(random) : null,
    tools: random() < 0.1 ? [tool] : null,
    fields: random() < 0.3 ? { source: text(random), turns_seen: 3, nested: { a: [1, null] } } : {},
  };
}
