/**
 * Which of the terms occur in a text as whole words or phrases, whatever their case: whom a row is about, as far as its
 * words say. Source of the method: L. Dixon et al., "Measuring and mitigating unintended bias in text classification",
 * AIES 2018.
 */
export function membershipsOf(text: string, terms: readonly string[]): string[] {
  return terms.filter((term) => wholeWord(term).test(text));
}

function wholeWord(term: string): RegExp {
  const escaped = term
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\s+/g, '\\s+');
  return new RegExp(`(?<![\\p{L}\\p{M}\\p{N}])${escaped}(?![\\p{L}\\p{M}\\p{N}])`, 'iu');
}
