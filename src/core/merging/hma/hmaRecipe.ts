import type { MergeDtype } from '../methods/mergeMethod';
import { hmaRatios, type HmaRatios } from './blockRatios';
import { usualHmaNames, type HmaNames } from './hmaNames';
import { describeBlock, valuesOfLayers, type LayerBlock } from './layerBlocks';
import { ratioText, remainderOf } from './ratioText';

export interface HmaRecipe {
  /** Path or hub id of the model before RLHF, as the recipe is to name it. */
  readonly before: string;
  readonly after: string;
  readonly blocks: readonly LayerBlock[];
  /** Shares of the model before RLHF, one a block. */
  readonly ratios: readonly number[];
  /** The share of the model before RLHF in the last norm and the head. */
  readonly alpha: number;
  /** In the head alone. Default: `alpha`. */
  readonly head?: number | undefined;
  /** HMA's learnt variant: embeddings and norms are those of before RLHF. Default: false. */
  readonly linearOnly?: boolean | undefined;
  /** Default: of Llama and most others. */
  readonly names?: HmaNames | undefined;
  /** To compute in. Default: float32. */
  readonly dtype?: MergeDtype | undefined;
  /** To write. Default: none, which is `dtype`. */
  readonly outDtype?: MergeDtype | undefined;
}

/** A rule of a parameter in a recipe: for the tensors whose names contain `filter`, or for all others. */
interface Rule {
  readonly filter: string | null;
  /** Share of the model before RLHF; several: one a layer. */
  readonly value: number | readonly number[];
}

/**
 * A heterogeneous average of two models as mergekit's YAML, exactly equivalent: `linear`, with a slice for each block, or
 * where each layer is a block with one list of as many entries as there are layers, which mergekit's gradients put on
 * them one by one. mergekit evaluates embeddings in the first slice, the last norm and the head in the last.
 */
export function hmaRecipe(recipe: HmaRecipe): string {
  const { before, after, linearOnly: isLinearOnly, names = usualHmaNames, dtype = 'float32', outDtype } = recipe;
  const ratios = hmaRatios({ ...recipe, isLinearOnly });
  return [
    '# HMA, heterogeneous model averaging (Lin et al., Mitigating the alignment tax of RLHF, 2023).',
    '# The first model is the one before RLHF and its weights are its shares; the second is the one after RLHF.',
    hmaDocument({ before: scalarText(before), after: scalarText(after), ratios, names }, dtype, outDtype),
    '',
  ].join('\n');
}

export interface HmaPair {
  /** As YAML has it. */
  readonly before: string;
  readonly after: string;
  readonly ratios: HmaRatios;
  readonly names: HmaNames;
}

/** The document without a line break at its end. */
export function hmaDocument(pair: HmaPair, dtype: MergeDtype, outDtype: MergeDtype | undefined): string {
  return [
    'merge_method: linear',
    ...hmaBody(pair, '  '),
    `dtype: ${dtype}`,
    ...(outDtype === undefined || outDtype === dtype ? [] : [`out_dtype: ${outDtype}`]),
  ].join('\n');
}

/** `slices:` or `models:` with its items. */
export function hmaBody(pair: HmaPair, indent: string): readonly string[] {
  const { blocks } = pair.ratios;
  const isLayerwise = 1 < blocks.length && blocks.every(({ first, last }) => first === last);
  return isLayerwise ? ['models:', ...hmaModels(pair, indent)] : ['slices:', ...hmaSlices(pair, indent)];
}

function hmaSlices({ before, after, ratios, names }: HmaPair, indent: string): readonly string[] {
  return ratios.blocks.flatMap((block, index) => {
    const ends = { isFirst: index === 0, isLast: index === ratios.blocks.length - 1 };
    const rules = rulesOf(ratios, names, ends, ratios.ratios[index] ?? NaN);
    const range = `[${block.first}, ${block.last + 1}]`;
    const layers = block.first === block.last ? 'layer' : 'layers';
    const withEmbeddings = ends.isFirst && ratios.embedding === ratios.ratios[0];
    return [
      `${indent}- sources: # ${layers} ${describeBlock(block)}${withEmbeddings ? ' and the embeddings' : ''}`,
      ...sourceLines(before, `${indent}    `, range, rules),
      ...sourceLines(after, `${indent}    `, range, rules.map(remainder)),
    ];
  });
}

function hmaModels({ before, after, ratios, names }: HmaPair, indent: string): readonly string[] {
  const value = valuesOfLayers(ratios.blocks, ratios.ratios);
  const rules = rulesOf(ratios, names, { isFirst: true, isLast: true }, value);
  return [...sourceLines(before, indent, null, rules), ...sourceLines(after, indent, null, rules.map(remainder))];
}

/** Filters come first, since the first that fits counts. Embeddings need none where the first slice has one number. */
function rulesOf(
  ratios: HmaRatios,
  names: HmaNames,
  { isFirst, isLast }: { readonly isFirst: boolean; readonly isLast: boolean },
  value: Rule['value'],
): readonly Rule[] {
  const rules = (filters: readonly string[], share: number): readonly Rule[] =>
    filters.map((filter) => ({ filter, value: share }));
  return [
    ...(isFirst && ratios.embedding !== value ? rules(names.embeddings, ratios.embedding) : []),
    ...(isLast ? rules(names.finalNorms, ratios.finalNorm) : []),
    ...(isLast ? rules(names.heads, ratios.head) : []),
    ...(ratios.isLinearOnly ? rules(names.norms, 1) : []),
    { filter: null, value },
  ];
}

function remainder({ filter, value }: Rule): Rule {
  return { filter, value: typeof value === 'number' ? remainderOf(value) : value.map(remainderOf) };
}

function sourceLines(model: string, indent: string, range: string | null, rules: readonly Rule[]): readonly string[] {
  const [only] = rules;
  const weight =
    rules.length === 1
      ? [`${indent}    weight: ${valueText(only.value)}`]
      : [
          `${indent}    weight:`,
          ...rules.map(({ filter, value }) =>
            filter === null
              ? `${indent}      - value: ${valueText(value)}`
              : `${indent}      - {filter: ${scalarText(filter)}, value: ${valueText(value)}}`,
          ),
        ];
  return [
    `${indent}- model: ${model}`,
    ...(range === null ? [] : [`${indent}  layer_range: ${range}`]),
    `${indent}  parameters:`,
    ...weight,
  ];
}

export function valueText(value: number | readonly number[]): string {
  return typeof value === 'number' ? ratioText(value) : `[${value.map(ratioText).join(', ')}]`;
}

/** A text as YAML, quoted where it would mean something else. */
export function scalarText(text: string): string {
  const isPlain = /^[A-Za-z_/.\\][\w./\\@+~-]*$/.test(text);
  const meansElse = /^(?:true|false|yes|no|on|off|null|y|n|\.+\d.*|\.inf|\.nan)$/i.test(text);
  return isPlain && !meansElse ? text : JSON.stringify(text);
}
