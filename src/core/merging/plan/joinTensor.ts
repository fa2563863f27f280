import type { TensorEntry } from '../../checkpoint/tensorEntry';
import { checkTensorWeights } from './checkTensorWeights';
import { effectiveWeights } from './effectiveWeights';
import type { EvaluatedParameter } from './evaluateParameters';
import { evaluateParameter } from './evaluateParameters';
import type { MergeDtype } from '../methods/mergeMethod';
import { storedMergeDtypes } from '../methods/mergeMethod';
import type { MethodParameters, PlannedSource, PlannedTensor, RowMap, TensorGroup } from './mergePlan';
import type { MergeRecipe } from '../recipe/mergeRecipe';
import { methodTable, type MethodParameter } from '../methods/methodTable';
import type { ProblemCollector } from '../recipe/problemCollector';
import type { OutputSlice, SliceSource } from './resolveSlices';
import { isIndexedByTokens } from './tensorRole';
import type { VocabularyPlan } from './tokenizerPolicy';

/** A source's tensor for one of the output. */
export interface TensorInput {
  readonly part: SliceSource;
  /** What it is called there: filters see this. */
  readonly name: string;
  /** null: the source does not have it. */
  readonly entry: TensorEntry | null;
  /** It is the embeddings, which are the head too. */
  readonly isTied: boolean;
}

export interface TensorPlace {
  readonly name: string;
  readonly layer: number | null;
  readonly group: TensorGroup;
  readonly t: number;
  /** It makes tokens. */
  readonly isHead: boolean;
}

export interface JoinParams {
  readonly recipe: MergeRecipe;
  readonly slice: OutputSlice;
  readonly inputs: readonly TensorInput[];
  readonly place: TensorPlace;
  /** Index into the models of the plan, by key. */
  readonly modelIndex: ReadonlyMap<string, number>;
  readonly outputDtype: MergeDtype | null;
  readonly vocabulary: VocabularyPlan | null;
  readonly problems: ProblemCollector;
}

type Planned = Omit<PlannedTensor, 'place'>;
type Present = TensorInput & { readonly entry: TensorEntry };

const floatDtypes: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);
const integerDtypes: ReadonlySet<string> = new Set(['BOOL', 'U8', 'I8', 'I16', 'U16', 'I32', 'U32', 'I64', 'U64']);

/** How one tensor of the output comes about; null where it cannot, which is told. */
export function joinTensor(params: JoinParams): Planned | null {
  const { inputs, slice, place, problems } = params;
  const present = inputs.filter((input): input is Present => input.entry !== null);
  const donor = inputs[slice.donor];
  for (const { part, isTied, name } of inputs) {
    if (!isTied) continue;
    const message = `${part.key} has no ${name} of its own: its embeddings, which are its head too, are taken`;
    problems.add({ code: 'tied_head', severity: 'information', message, span: part.model.span });
  }
  if (present.length < inputs.length) {
    if (donor.entry !== null && (place.group === 'head' || place.group === 'other') && place.layer === null) {
      tellCopied(params);
      return copyOf(params, donor.part, donor.entry);
    }
    for (const { part, entry, name } of inputs) {
      if (entry !== null) continue;
      const message = `${part.key} has no ${name}, which ${donor.part.key} has: they are not built alike`;
      problems.addForTensor('missing_tensor', 'error', message, part.model.span, part.key);
    }
    return null;
  }
  return isMergeable(present, params) ? merge(present, params) : integersOf(present, params);
}

/** Only the model that the output is built like has it: a head of a reward model. */
function tellCopied({ inputs, slice, place, problems }: JoinParams): void {
  const donor = inputs[slice.donor];
  const without = inputs.filter(({ entry }) => entry === null).map(({ part }) => part.key);
  const message = `${place.name} is copied from ${donor.part.key}: ${without.join(', ')} ${without.length === 1 ? 'has' : 'have'} none`;
  problems.addForTensor('copied_tensor', 'information', message, donor.part.model.span, without.join('\0'));
}

function copyOf(params: JoinParams, part: SliceSource, entry: TensorEntry): Planned {
  const { modelIndex, place } = params;
  const dtype = outputDtypeOf([{ entry }], params);
  const isAsItIs = entry.adapter === undefined && (dtype === entry.dtype || !floatDtypes.has(entry.dtype));
  const source: PlannedSource = {
    model: modelIndex.get(part.key) ?? -1,
    tensor: entry,
    weight: 1,
    parameters: isAsItIs ? {} : { scale: 1 },
    rows: null,
  };
  return {
    name: place.name,
    shape: entry.shape,
    dtype: isAsItIs ? entry.dtype : dtype,
    workingDtype: isAsItIs ? entry.dtype : dtype,
    bytes: isAsItIs ? entry.bytes : bytesOf(entry.shape, dtype),
    layer: place.layer,
    group: place.group,
    method: isAsItIs ? 'copy' : 'passthrough',
    sources: [source],
    base: null,
    parameters: {},
  };
}

function isMergeable(present: readonly Present[], { problems }: JoinParams): boolean {
  const odd = present.find(({ entry }) => !floatDtypes.has(entry.dtype) && !integerDtypes.has(entry.dtype));
  if (odd !== undefined) {
    const { part, entry } = odd;
    const message = `${entry.name} of ${part.key} is stored as ${entry.dtype}: merging needs F32, F16 or BF16`;
    problems.addForTensor('quantised', 'error', message, part.model.span, part.key);
    return true;
  }
  return present.some(({ entry }) => floatDtypes.has(entry.dtype));
}

/** Masks and positions are not averaged: those of the model that the output is built like are taken. */
function integersOf(present: readonly Present[], params: JoinParams): Planned {
  const { part, entry } = present[params.slice.donor];
  return copyOf(params, part, entry);
}

function merge(present: readonly Present[], params: JoinParams): Planned | null {
  const { recipe, slice, place, modelIndex, problems } = params;
  const shape = shapeOf(present, params);
  if (shape === null) return null;
  const method = recipe.method.value;
  const { perModel, shared } = methodTable[method];
  const rules: EvaluatedParameter[] = [];
  const evaluate = (spec: MethodParameter, input: TensorInput | null): number | boolean | null => {
    const scopes = input === null ? slice.scopes : [input.part.parameters, ...slice.scopes];
    const found = evaluateParameter(spec, scopes, { tensor: input?.name ?? place.name, t: place.t });
    if (found !== null) {
      rules.push(found);
      return found.value;
    }
    // What nothing gives at all is told of the recipe alone; here only some tensors lack it.
    const given = scopes.flatMap((scope) => scope.get(spec.name) ?? []);
    problems.markIncomplete();
    if (given.length === 0) return null;
    const whose = input === null ? '' : ` of ${input.part.key}`;
    const message = `no filter of \`${spec.name}\` fits ${input?.name ?? place.name}${whose}: add one without a filter`;
    problems.addForTensor(
      'missing_parameter',
      'error',
      message,
      given[0].nameSpan,
      spec.name + (input?.part.key ?? ''),
    );
    return null;
  };
  const sharedValues = valuesOf(shared, (spec) => evaluate(spec, null));
  const inputs = present.map((input, index) => {
    // The base of a sum of differences has no weight of its own.
    const needsNone = index === slice.base && methodTable[method].base !== 'none';
    return { input, parameters: needsNone ? {} : valuesOf(perModel, (spec) => evaluate(spec, input)) };
  });
  const weights = effectiveWeights(
    method,
    inputs.map(({ parameters }, index) => ({ isBase: index === slice.base, parameters })),
    sharedValues,
  );
  checkTensorWeights({ method, inputs, shared: sharedValues, place, rules, recipe, problems });
  const dtype = outputDtypeOf(present, params);
  const rows = rowMaps(present, params);
  return {
    name: place.name,
    shape,
    dtype,
    workingDtype: recipe.dtype === null ? promotedDtype(present) : storedMergeDtypes[recipe.dtype.value],
    bytes: bytesOf(shape, dtype),
    layer: place.layer,
    group: place.group,
    method,
    sources: inputs.map(({ input, parameters }, index): PlannedSource => ({
      model: modelIndex.get(input.part.key) ?? -1,
      tensor: input.entry,
      weight: weights[index],
      parameters,
      rows: rows[index],
    })),
    base: slice.base,
    parameters: sharedValues,
  };
}

/** Where the rows of each source come from; those that lend rows to each other are read in one format. */
function rowMaps(present: readonly Present[], { slice, place, vocabulary }: JoinParams): readonly (RowMap | null)[] {
  if (vocabulary === null || !isIndexedByTokens(place.name)) return present.map(() => null);
  const base = present[slice.donor];
  const keys = present.map(({ part }) => part.key);
  const maps = vocabulary.mapsOf(keys, base.part.isBase ? base.part.key : null);
  const isLent = maps.some((map) => map !== null && (map.owners !== null || 0 < map.averages.length));
  if (!isLent || new Set(present.map(({ entry }) => entry.dtype)).size === 1) return maps;
  return maps.map((map) => {
    const rows = map?.rows ?? Int32Array.from({ length: vocabulary.rows }, (_, row) => row);
    const { owners = null, averages = [], tokens = vocabulary.rows } = map ?? {};
    return { rows, owners, averages, tokens, isMixed: true };
  });
}

function valuesOf(
  specs: readonly MethodParameter[],
  evaluate: (spec: MethodParameter) => number | boolean | null,
): MethodParameters {
  const values: Record<string, number | boolean> = {};
  for (const spec of specs) {
    const value = evaluate(spec);
    if (value !== null) values[spec.name] = value;
  }
  return values;
}

/** The shape of the output; null where the sources' do not agree. */
function shapeOf(
  present: readonly Present[],
  { slice, place, vocabulary, problems }: JoinParams,
): readonly number[] | null {
  const donor = present[slice.donor];
  const isTable = isIndexedByTokens(place.name);
  let fits = true;
  for (const { part, entry } of present) {
    if (equalShapes(entry.shape, donor.entry.shape)) continue;
    const isRows = isTable && equalShapes(entry.shape.slice(1), donor.entry.shape.slice(1));
    if (isRows && vocabulary !== null) continue;
    fits = false;
    if (isRows) {
      const message = `${part.key} has ${entry.shape[0]} tokens, ${donor.part.key} has ${donor.entry.shape[0]}: say with tokenizer_source (base, union, or a model) which vocabulary the output has`;
      problems.addForTensor('vocabulary', 'error', message, part.model.span, part.key);
    } else {
      const message = `${entry.name} of ${part.key} is [${entry.shape.join(', ')}], that of ${donor.part.key} is [${donor.entry.shape.join(', ')}]`;
      problems.addForTensor('shape', 'error', message, part.model.span, part.key);
    }
  }
  if (!fits) return null;
  return isTable && vocabulary !== null ? [vocabulary.rows, ...donor.entry.shape.slice(1)] : donor.entry.shape;
}

function equalShapes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, index) => size === b[index]);
}

function outputDtypeOf(present: readonly Pick<Present, 'entry'>[], { recipe, outputDtype }: JoinParams): string {
  const chosen = outputDtype ?? recipe.outDtype?.value ?? recipe.dtype?.value;
  return chosen === undefined ? promotedDtype(present) : storedMergeDtypes[chosen];
}

/** What torch makes of several kinds: two unlike halves become F32. */
function promotedDtype(present: readonly Pick<Present, 'entry'>[]): string {
  const kinds = new Set(present.map(({ entry }) => entry.dtype));
  const [first] = kinds;
  return kinds.size === 1 && first !== undefined ? first : 'F32';
}

function bytesOf(shape: readonly number[], dtype: string): number {
  return shape.reduce((product, size) => product * size, 1) * (dtype === 'F32' ? 4 : 2);
}
