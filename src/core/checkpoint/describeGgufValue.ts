import type { GgufArray, GgufValue } from './ggufFile';

const mostCharacters = 20_000;
const mostItems = 12;

/** A value of GGUF metadata as text of bounded length; of a list its first items and how many there are. */
export function describeGgufValue(value: GgufValue): string {
  if (typeof value === 'object') return describeList(value);
  return shortenText(String(value));
}

export function shortenText(text: string): string {
  return mostCharacters < text.length ? `${text.slice(0, mostCharacters)}…` : text;
}

function describeList(items: GgufArray): string {
  const shown: string[] = [];
  for (let i = 0; i < Math.min(mostItems, items.length); i++) shown.push(describeItem(items[i]));
  const rest = shown.length < items.length ? ', …' : '';
  return `${items.length}: [${shown.join(', ')}${rest}]`;
}

function describeItem(item: string | number | bigint | boolean | GgufArray): string {
  if (typeof item === 'object') return describeList(item);
  return typeof item === 'string' ? JSON.stringify(item.slice(0, 100)) : String(item);
}
