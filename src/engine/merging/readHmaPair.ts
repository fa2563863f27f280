import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { JobContext } from '../../core/jobContext';
import { hmaNamesOf, type HmaNames } from '../../core/merging/hma/hmaNames';
import { scalarText } from '../../core/merging/hma/hmaRecipe';
import { storedMergeDtypes, mergeDtypes, type MergeDtype } from '../../core/merging/methods/mergeMethod';
import { isReadable, type MergeSource } from '../../core/merging/plan/mergeSource';
import { readRecipeModel } from '../../core/merging/recipe/readRecipeModel';
import { RecipeProblems } from '../../core/yaml/recipeProblems';
import { readYaml } from '../../core/yaml/readYaml';
import { readMergeSources, type SourceReference } from './readMergeSources';

/** What a recipe of two models needs to know of them. */
export interface HmaPairFacts {
  readonly layerCount: number;
  readonly names: HmaNames;
  /** Of most of the weights of the model after RLHF; undefined: no format that can be written. */
  readonly dtype: MergeDtype | undefined;
  /** Of both: another text where one of them has changed. */
  readonly fingerprint: string;
}

/**
 * Layers, names and number format of two models, from their headers alone.
 * @param folders from which relative paths are taken, in this order
 * @throws AlidadeError `recipe` when they have not as many layers, `usage`, `not_found`, `format`, `cancelled`.
 */
export async function readHmaPair(
  { before, after, folders }: { readonly before: string; readonly after: string; readonly folders: readonly string[] },
  context: Pick<JobContext, 'signal'>,
): Promise<HmaPairFacts> {
  const models = [referenceOf(before, '--before'), referenceOf(after, '--after')];
  const [first, second] = (await readMergeSources({ models, folders, withVocabulary: false }, context)).map(
    (source) => {
      if (isReadable(source)) return source;
      throw new AlidadeError({ ...source.error, hint: source.error.hint ?? undefined });
    },
  );
  for (const { name, layerCount, problems } of [first, second]) {
    if (layerCount === 0) throw new AlidadeError({ code: 'recipe', message: `${name}: ${problems.join('; ')}` });
  }
  if (first.layerCount !== second.layerCount) {
    const counts = [first, second].map(({ name, layerCount }) => `${name} has ${countOf(layerCount, 'layer')}`);
    throw new AlidadeError({
      code: 'recipe',
      message: counts.join(', '),
      hint: 'only models of the same shape can be averaged: give a model and what was trained from it',
    });
  }
  const names = new Set([...first.tensors.keys(), ...second.tensors.keys()]);
  const fingerprint = `${first.fingerprint} ${second.fingerprint}`;
  return { layerCount: first.layerCount, names: hmaNamesOf(names), dtype: dtypeOf(second), fingerprint };
}

/** @throws AlidadeError `usage` */
function referenceOf(text: string, option: string): SourceReference {
  const problems = new RecipeProblems();
  const model = readRecipeModel(readYaml(scalarText(text)).value ?? undefined, problems);
  if (model !== null) return model;
  const [problem] = problems.inOrder();
  throw new AlidadeError({ code: 'usage', message: `${option} ${text}: ${problem?.message ?? 'this names no model'}` });
}

function dtypeOf({ tensors }: MergeSource): MergeDtype | undefined {
  const bytes = new Map<string, number>();
  for (const tensor of tensors.values()) bytes.set(tensor.dtype, (bytes.get(tensor.dtype) ?? 0) + tensor.bytes);
  const [most] = [...bytes].sort(([, one], [, other]) => other - one);
  return mergeDtypes.find((dtype) => storedMergeDtypes[dtype] === most?.[0]);
}
