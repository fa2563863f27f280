import { join } from 'node:path';
import { readSmallFile } from './readSmallFile';

/** The licence of a model folder: `license` in the front matter of README.md, else the name of a licence file; null: unknown. */
export async function readLicense(folder: string, fileNames: readonly string[]): Promise<string | null> {
  if (fileNames.includes('README.md')) {
    const bytes = await readSmallFile({ path: join(folder, 'README.md'), most: 4_000_000 }).catch(() => null);
    const license = bytes === null ? null : licenseOfFrontMatter(new TextDecoder().decode(bytes));
    if (license !== null) return license;
  }
  return fileNames.find((name) => /^(licen[cs]e|copying)([._-].*)?$/i.test(name)) ?? null;
}

/** `license` of a model card; for `other`, its `license_name`. */
function licenseOfFrontMatter(card: string): string | null {
  const frontMatter = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1];
  if (frontMatter === undefined) return null;
  const value = (key: string): string | null => {
    const match = new RegExp(`^${key}:[ \\t]*(?:\\r?\\n[ \\t]*-[ \\t]*)?(.*)$`, 'm').exec(frontMatter);
    const text = match?.[1].replace(/^["'[\s]+|["'\]\s]+$/g, '') ?? '';
    return text === '' ? null : text;
  };
  const license = value('license');
  return license === 'other' ? (value('license_name') ?? license) : license;
}
