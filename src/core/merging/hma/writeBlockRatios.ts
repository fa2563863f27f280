import type { Span } from '../../promptFile/locateJson';
import type { MergeRecipe, ParameterRule, RecipeSource } from '../recipe/mergeRecipe';
import { blockLayout, weightAt, type BlockLayout, type LayoutSlice, type LayoutTensor } from './blockLayout';
import type { BlockRatios } from './blockRatios';
import { hmaNamesOf, usualHmaNames, type HmaNames } from './hmaNames';
import { hmaBody, hmaDocument, scalarText, valueText } from './hmaRecipe';
import { sameBlocks, valuesOfLayers } from './layerBlocks';
import { remainderOf } from './ratioText';

/** Text to put in place of what stands at `span`. */
export interface RecipeEdit {
  readonly span: Span;
  readonly text: string;
}

/**
 * The smallest edits with which a recipe that `readBlockRatios` can read says these ratios: its numbers where they can
 * say it, in lists of one entry a layer where a slice has several ratios; where blocks are others than its slices, or
 * filters are missing, its slices or models are written anew. Everything else, comments included, stays.
 * @param text the recipe's
 * @param tensors names of the output's tensors; default: those of Llama
 * @returns in the order of the text; none where it says that already
 */
export function writeBlockRatios(
  text: string,
  recipe: MergeRecipe,
  ratios: BlockRatios,
  tensors?: readonly string[],
): readonly RecipeEdit[] {
  const layout = blockLayout(recipe, ratios.layerCount, tensors);
  if (layout === null) return [];
  const isSliced = 1 < layout.slices.length;
  const fits = !isSliced || sameBlocks(layout.slices, ratios.blocks);
  const edits = fits ? editNumbers(text, layout, ratios) : null;
  const names = tensors === undefined ? usualHmaNames : hmaNamesOf(tensors);
  const all = edits ?? [writeAnew(text, layout, ratios, names)];
  return [...all].sort((one, other) => one.span.start - other.span.start);
}

/** The text with the edits made. */
export function applyRecipeEdits(text: string, edits: readonly RecipeEdit[]): string {
  let [result, at] = ['', 0];
  for (const { span, text: inserted } of edits) {
    result += text.slice(at, span.start) + inserted;
    at = span.end;
  }
  return result + text.slice(at);
}

/** null: numbers alone cannot say it. */
function editNumbers(text: string, layout: BlockLayout, ratios: BlockRatios): readonly RecipeEdit[] | null {
  const layers = valuesOfLayers(ratios.blocks, ratios.ratios);
  const wanted = ({ kind, layer }: LayoutTensor): number => {
    if (layer === null)
      return kind === 'embedding' ? ratios.embedding : kind === 'head' ? ratios.head : ratios.finalNorm;
    return kind === 'norm' && ratios.isLinearOnly ? 1 : (layers[layer] ?? NaN);
  };
  const edits: RecipeEdit[] = [];
  for (const part of layout.slices) {
    for (const source of [part.before, part.after]) {
      const share = (tensor: LayoutTensor): number =>
        source === part.before ? wanted(tensor) : remainderOf(wanted(tensor));
      const found = editSource(text, layout, part, source, share);
      if (found === null) return null;
      edits.push(...found);
    }
  }
  return edits;
}

function editSource(
  text: string,
  layout: BlockLayout,
  part: LayoutSlice,
  source: RecipeSource,
  share: (tensor: LayoutTensor) => number,
): readonly RecipeEdit[] | null {
  const governed = new Map<ParameterRule, LayoutTensor[]>();
  for (const tensor of part.tensors) {
    const weight = weightAt(layout, part, source, tensor);
    if (weight?.rule === null || weight?.isOwn !== true) return null;
    const tensors = governed.get(weight.rule);
    if (tensors === undefined) governed.set(weight.rule, [tensor]);
    else tensors.push(tensor);
  }
  const edits: RecipeEdit[] = [];
  for (const [rule, tensors] of governed) {
    const isMet = tensors.every((tensor) => {
      const value = weightAt(layout, part, source, tensor)?.value;
      return value !== undefined && Math.abs(value - share(tensor)) <= 1e-12;
    });
    if (isMet) continue;
    const value = valueFor(tensors, part, share);
    if (value === null) return null;
    const written = text.slice(rule.span.start, rule.span.end);
    // The place of the number or of the list itself: anything else is not to be overwritten.
    if (!/^(?:[-+.\d][-+.\deE_]*|true|false|\[[^\]{}#]*\])$/.test(written)) return null;
    edits.push({ span: rule.span, text: valueText(value) });
  }
  return edits;
}

/** One number where that is enough, else one a layer of the slice; null where that is not enough either. */
function valueFor(
  tensors: readonly LayoutTensor[],
  { first, last }: LayoutSlice,
  share: (tensor: LayoutTensor) => number,
): number | readonly number[] | null {
  const [one] = tensors;
  if (tensors.every((tensor) => share(tensor) === share(one))) return share(one);
  const entries = new Array<number | undefined>(last - first + 1).fill(undefined);
  for (const tensor of tensors) {
    // Outside the layers gradients are read at their beginning.
    const index = (tensor.layer ?? first) - first;
    if ((entries[index] ??= share(tensor)) !== share(tensor)) return null;
  }
  const known = entries.filter((entry) => entry !== undefined);
  return known.length === entries.length && 1 < known.length ? known : null;
}

function writeAnew(text: string, layout: BlockLayout, ratios: BlockRatios, names: HmaNames): RecipeEdit {
  const first = layout.slices[0];
  const isList = layout.recipe.form === 'models';
  const items = isList
    ? layout.slices.flatMap(({ before, after }) => [before.span, after.span])
    : layout.slices.map(({ slice }) => slice.span);
  const start = Math.min(...items.map((span) => span.start));
  const end = Math.max(...items.map((span) => span.end));
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const [, indent] = /^( *)-[ ]+$/.exec(text.slice(lineStart, start)) ?? [];
  const pair = { before: modelText(text, first.before), after: modelText(text, first.after), ratios, names };
  const keyStart = indent === undefined ? -1 : findKey(text, isList ? 'models' : 'slices', lineStart);
  if (indent !== undefined && keyStart !== -1 && layout.recipe.form !== 'modules') {
    return { span: { start: keyStart, end }, text: hmaBody(pair, indent).join('\n') };
  }
  // Written in another style, such as in braces: the document anew.
  const { dtype, outDtype, span } = layout.recipe;
  return { span, text: hmaDocument(pair, dtype?.value ?? 'float32', outDtype?.value) };
}

/** Where the key of the list stands that begins in the line at `before`; -1: something else is between them. */
function findKey(text: string, key: string, before: number): number {
  const above = text.slice(0, before);
  const match = new RegExp(`(?:^|\\n)(${key}:)[ ]*(?:#[^\\n]*)?\\n(?:[ ]*(?:#[^\\n]*)?\\n)*$`).exec(above);
  return match === null ? -1 : match.index + match[0].indexOf(match[1]);
}

/** As it is written. */
function modelText(text: string, { model }: RecipeSource): string {
  const written = text.slice(model.span.start, model.span.end);
  return written.includes('\n') ? scalarText(model.path) : written;
}
