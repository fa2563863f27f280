import { nearestName } from '../../nearestName';
import type { MergeRecipe, RecipeModule } from '../recipe/mergeRecipe';
import type { RecipeProblem } from '../../yaml/recipeProblem';
import type { MergeSource } from './mergeSource';
import { countLayers, findLayers } from './tensorRole';

/**
 * The parts of models of text and images, or with an encoder and a decoder, by mergekit's names for them: which tensors are
 * theirs; null: what the others leave, and for `text_decoder` nothing that has to do with images.
 */
const parts: Readonly<Record<string, RegExp | null>> = {
  vision_tower: /^(model\.)?(vision_tower|vision_model|visual)\./,
  vision_model: /^(model\.)?(vision_tower|vision_model|visual)\./,
  multi_modal_projector: /^(model\.)?(multi_modal_projector|mm_projector|connector|aligner)\./,
  encoder: /^(model\.)?encoder\./,
  decoder: /^(model\.)?decoder\./,
  shared: /^(shared|lm_head)\./,
  text_decoder: null,
  default: null,
};

/** A part of the output, with that part of every model. */
export interface ModulePart {
  readonly module: RecipeModule;
  /** All sources, each with the tensors of this part alone. */
  readonly sources: ReadonlyMap<string, MergeSource>;
}

/** Cuts models into the modules of a recipe; what is in none of them stays behind. */
export function cutModules(
  { modules }: MergeRecipe,
  sources: ReadonlyMap<string, MergeSource>,
  problems: Pick<RecipeProblem[], 'push'>,
): readonly ModulePart[] {
  const [only] = modules;
  if (modules.length === 1) return [{ module: only, sources }];
  const known = modules.filter(({ name, span }) => {
    if (Object.hasOwn(parts, name)) return true;
    const near = nearestName(name, Object.keys(parts));
    const hint = near === null ? `known are ${Object.keys(parts).join(', ')}` : `did you mean \`${near}\`?`;
    const message = `unknown module \`${name}\`: ${hint}`;
    problems.push({
      code: 'unknown_module',
      severity: 'error',
      message,
      span: { start: span.start, end: span.start + name.length },
    });
    return false;
  });
  const isOfText = known.some(({ name }) => name === 'text_decoder');
  const names = [...known.map(({ name }) => name), ...(isOfText ? ['vision_tower', 'multi_modal_projector'] : [])];
  const patterns = names.flatMap((name) => parts[name] ?? []);
  return known.map((module) => {
    const own = parts[module.name];
    const isOwn = (name: string): boolean =>
      own === null ? !patterns.some((pattern) => pattern.test(name)) : own.test(name);
    const cut = [...sources].map(([key, source]) => [key, cutSource(source, isOwn)] as const);
    return { module, sources: new Map(cut) };
  });
}

function cutSource(source: MergeSource, isOwn: (name: string) => boolean): MergeSource {
  const tensors = new Map([...source.tensors].filter(([name]) => isOwn(name)));
  const part = { tensors, layerCount: source.layerCount };
  return { ...source, tensors, layerCount: countLayers(part, findLayers(part)) };
}
