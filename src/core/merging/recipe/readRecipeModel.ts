import type { YamlValue } from '../../yaml/yamlValue';
import { textOf, YamlReader } from '../../yaml/yamlReader';
import type { RecipeModel } from './mergeRecipe';
import type { RecipeProblems } from '../../yaml/recipeProblems';

type ModelPath = Pick<RecipeModel, 'path' | 'revision'>;

/** `path`, `org/name@revision`, `base+adapter`, or the object form; null: it is not to be read, and that is reported. */
export function readRecipeModel(value: YamlValue | undefined, problems: RecipeProblems): RecipeModel | null {
  if (value === undefined) return null;
  const { span } = value;
  const written = textOf(value);
  if (written !== null) {
    const parts = written.value.split('+');
    const [base, adapter] = parts.map((part) => readPath(part.trim()));
    if (2 < parts.length || base === null || adapter === null) {
      const message =
        2 < parts.length
          ? 'a model has at most one adapter: `base+adapter` (paths with a `+` need the form `model: { model: …, lora: … }`)'
          : 'this names no model: a path or hub id, with `@revision` or `+adapter` where wanted';
      problems.error('model_reference', message, span);
      return null;
    }
    return { ...base, adapter: adapter ?? null, span };
  }
  const reader = new YamlReader(value);
  const base = readPathValue(reader.get('model')?.value);
  const lora = reader.get('lora')?.value;
  const adapter = readPathValue(lora);
  // What is missing or of another kind is reported by the table of keys.
  if (base === null || (lora !== undefined && adapter === null)) {
    const place = base === null ? reader.get('model')?.value : lora;
    if (place !== undefined) problems.error('model_reference', 'this names no model', place.span);
    return null;
  }
  const override = reader.get('override_architecture');
  if (override !== null) {
    problems.information('unused_key', '`override_architecture` is not needed, and not used', override.keySpan);
  }
  return { ...base, adapter, span };
}

/** `org/name@revision`; null: nothing, or with more than one `@`. */
function readPath(written: string): ModelPath | null {
  const [path, revision, ...more] = written.split('@');
  if (path === '' || revision === '' || 0 < more.length) return null;
  return { path, revision: revision ?? null };
}

function readPathValue(value: YamlValue | undefined): ModelPath | null {
  if (value === undefined) return null;
  const written = textOf(value);
  if (written !== null) return readPath(written.value.trim());
  const reader = new YamlReader(value);
  const path = reader.text('path')?.value.trim() ?? '';
  return path === '' ? null : { path, revision: reader.text('revision')?.value ?? null };
}
