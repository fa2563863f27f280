import { createHash } from 'node:crypto';
import { GroupMerger } from '../../core/training/data/groupMerger';

/**
 * Which labelled rows depend on each other: those of one `group`, and those with the same prompt, whatever group they are
 * in. A prompt that all rows have says nothing, and is not looked at.
 */
export class RowGroups {
  readonly #rows: { readonly group: string | null; readonly prompt: string | null }[] = [];

  /** @returns what stands for the row until all rows are known. */
  add(group: string | null, prompt: string): string {
    // A hash, since prompts are long.
    const hash = prompt === '' ? null : createHash('sha256').update(prompt).digest('base64url').slice(0, 16);
    return String(this.#rows.push({ group, prompt: hash }) - 1);
  }

  /** The same rows with the names of their groups. @param rows with what `add` returned as their groups. */
  resolve<Row extends { readonly group: string }>(rows: readonly Row[]): readonly Row[] {
    const merger = new GroupMerger();
    const keys = rows.map((row) => this.#rows[Number(row.group)]);
    const isTelling = keys.some(({ prompt }) => prompt !== keys[0].prompt);
    rows.forEach((row, index) => {
      const { group, prompt } = keys[index];
      if (group !== null) merger.join(`group ${group}`, `row ${row.group}`);
      if (prompt !== null && isTelling) merger.join(`prompt ${prompt}`, `row ${row.group}`);
    });
    return rows.map((row) => ({ ...row, group: merger.nameOf(`row ${row.group}`) }));
  }
}
