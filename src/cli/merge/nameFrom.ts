import { stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';

/**
 * As a recipe is to name a model: as it was given, but where the recipe goes into another folder, from which a relative
 * path would lead elsewhere, in full.
 * @param folder of the recipe; undefined: it is printed.
 */
export async function nameFrom(model: string, folder: string | undefined): Promise<string> {
  const isElsewhere = folder !== undefined && resolve(folder) !== process.cwd();
  if (!isElsewhere || isAbsolute(model)) return model;
  const isThere = await stat(model).then(
    () => true,
    () => false,
  );
  return isThere ? resolve(model) : model;
}
