import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { replaceFile } from '../replaceFile';

/** Arrays of numbers keep their bytes; everything else is JSON. */
const arrays = { Float64Array, Float32Array, Int32Array, Uint8Array } as const;
type ArrayName = keyof typeof arrays;

/**
 * The result of a step as text: JSON, in which typed arrays are their bytes. What is not finite outside of them is lost, as
 * JSON has no word for it; so the step's result is what is read back, also in the run that has computed it.
 */
export function writeStep(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    const name = Object.keys(arrays).find((key) => item instanceof arrays[key as ArrayName]);
    if (name === undefined) return item;
    const { buffer, byteOffset, byteLength } = item as Uint8Array;
    return { $array: name, bytes: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
  });
}

export function readStep<Value>(text: string): Value {
  return JSON.parse(text, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null || !('$array' in item) || !('bytes' in item)) return item;
    // A copy of its own, so that it begins where elements may begin.
    const { buffer } = Uint8Array.from(Buffer.from(String(item.bytes), 'base64'));
    return new arrays[item.$array as ArrayName](buffer);
  }) as Value;
}

/** Writes the result of a step, on the disk when it resolves. @returns its SHA-256. @throws AlidadeError `no_space`, … */
export async function saveStep(path: string, text: string): Promise<string> {
  await replaceFile(path, text);
  return hashOf(text);
}

/** null: it is not there, or not what was noted. */
export async function loadStep<Value>(path: string, sha256: string): Promise<Value | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null || hashOf(text) !== sha256 ? null : readStep<Value>(text);
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
