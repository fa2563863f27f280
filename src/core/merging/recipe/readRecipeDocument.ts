import type { Span } from '../../promptFile/locateJson';
import { checkValue } from '../../yaml/checkValue';
import type { KeyTable, ValueSpec } from '../../yaml/keySpec';
import { YamlReader, type FoundEntry } from '../../yaml/yamlReader';
import type { YamlValue } from '../../yaml/yamlValue';
import { nearestName } from '../../nearestName';
import { mergeDtypes, mergeMethods, type MergeDtype, type MergeMethod } from '../methods/mergeMethod';
import type { MergeRecipe, Placed, RecipeModel, RecipeModule, RecipeSlice, RecipeSource } from './mergeRecipe';
import { recipeSpec, type ParameterPlace } from './recipeKeys';
import { readRecipeModel } from './readRecipeModel';
import { readRecipeParameters } from './readRecipeParameters';
import { readRecipeTokenizer } from './readRecipeTokenizer';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** One document of a recipe; null where it cannot be read as one, with the reason among the problems. */
export function readRecipeDocument(document: YamlValue, problems: RecipeProblems): MergeRecipe | null {
  if (document.kind !== 'mapping') {
    problems.error('wrong_value', 'a recipe is a mapping with `merge_method` and `models`, `slices` or `modules`', {
      start: document.span.start,
      end: Math.min(document.span.end, document.span.start + 1),
    });
    return null;
  }
  const value = withoutEmpty(document);
  for (const problem of checkValue(structure, value)) problems.add({ ...problem, severity: 'error' });
  return new DocumentReader(new YamlReader(value), value.span, problems).read();
}

type Form = MergeRecipe['form'];
const forms: readonly Form[] = ['models', 'slices', 'modules'];

class DocumentReader {
  readonly #reader: YamlReader;
  readonly #span: Span;
  readonly #problems: RecipeProblems;
  readonly #method: Placed<MergeMethod> | null;
  readonly #baseModel: RecipeModel | null;

  constructor(reader: YamlReader, span: Span, problems: RecipeProblems) {
    this.#reader = reader;
    this.#span = span;
    this.#problems = problems;
    this.#method = this.#readMethod();
    this.#baseModel = readRecipeModel(reader.get('base_model')?.value, problems);
  }

  read(): MergeRecipe | null {
    const reader = this.#reader;
    const modules = this.#readForms();
    const parameters = this.#parameters(reader, 'shared');
    const dtype = this.#readDtype('dtype');
    const outDtype = this.#readDtype('out_dtype');
    const tokenizer = readRecipeTokenizer(reader, this.#baseModel, this.#problems);
    if (this.#method === null || modules === null) return null;
    return {
      name: reader.text('name'),
      method: this.#method,
      baseModel: this.#baseModel,
      form: modules.form,
      modules: modules.modules,
      parameters,
      dtype,
      outDtype,
      tokenizer,
      chatTemplate: reader.text('chat_template'),
      span: this.#span,
    };
  }

  #readMethod(): Placed<MergeMethod> | null {
    const name = this.#reader.text('merge_method');
    if (name === null) return null;
    const method = mergeMethods.find((each) => each === name.value);
    if (method !== undefined) return { value: method, span: name.span };
    const near = nearestName(name.value.toLowerCase().replace(/[-\s]/g, '_'), mergeMethods);
    this.#unknownWord('unknown_method', 'merge method', name, near, mergeMethods);
    return null;
  }

  #readDtype(key: string): Placed<MergeDtype> | null {
    const name = this.#reader.text(key);
    if (name === null) return null;
    const written = name.value.replace(/^torch\./, '');
    const dtype = mergeDtypes.find((each) => each === written);
    if (dtype !== undefined) return { value: dtype, span: name.span };
    const near = dtypeAliases[written.toLowerCase()] ?? nearestName(written, mergeDtypes);
    this.#unknownWord('unknown_dtype', 'number format', name, near, mergeDtypes);
    return null;
  }

  #unknownWord(
    code: string,
    kind: string,
    { value, span }: Placed<string>,
    near: string | null,
    known: readonly string[],
  ): void {
    const hint = near === null ? `known are ${known.join(', ')}` : `did you mean \`${near}\`?`;
    this.#problems.add({
      code,
      severity: 'error',
      message: `unknown ${kind} ${JSON.stringify(value)}: ${hint}`,
      span,
      ...(near === null ? {} : { suggestion: near }),
    });
  }

  #readForms(): { readonly form: Form; readonly modules: readonly RecipeModule[] } | null {
    const given = forms.flatMap((form) => this.#reader.get(form) ?? []).sort(byPlace);
    const [first, ...others] = given;
    if (first === undefined) {
      const place = this.#reader.entries.at(0)?.keySpan ?? this.#span;
      this.#problems.error('no_models', 'nothing is merged: give `models`, `slices` or `modules`', place);
      return null;
    }
    for (const { key, keySpan } of others) {
      const message = `\`${key}\` beside \`${first.key}\`: a recipe has one of \`models\`, \`slices\` and \`modules\``;
      this.#problems.error('two_forms', message, keySpan);
    }
    // Each is read, so that all that is wrong is told.
    const read = given.map((entry) => this.#readForm(entry));
    return 0 < others.length ? null : (read[0] ?? null);
  }

  #readForm(entry: FoundEntry): { readonly form: Form; readonly modules: readonly RecipeModule[] } | null {
    const form = forms.find((each) => each === entry.key) ?? 'models';
    if (form !== 'modules') {
      const slices = form === 'models' ? this.#readModels(entry) : this.#readSlices(entry.value);
      const module: RecipeModule = { name: 'default', slices, parameters: new Map(), span: entry.span };
      return slices.length === 0 ? null : { form, modules: [module] };
    }
    const modules = new YamlReader(entry.value).entries.flatMap((module) => this.#readModule(module) ?? []);
    return modules.length === 0 ? null : { form, modules };
  }

  #readModule({ key, keySpan, value, span }: FoundEntry): RecipeModule | null {
    if (value.kind !== 'mapping') return null;
    const reader = new YamlReader(value);
    const [models, slices] = [reader.get('models'), reader.get('slices')];
    if ((models === null) === (slices === null)) {
      this.#problems.error('no_models', `\`${key}\` has either \`models\` or \`slices\``, keySpan);
      return null;
    }
    const read = models !== null ? this.#readModels(models) : this.#readSlices(slices?.value);
    return read.length === 0 ? null : { name: key, slices: read, parameters: this.#parameters(reader, 'shared'), span };
  }

  /** As one slice; a base that is not listed is added by the plan. */
  #readModels({ value, span }: FoundEntry): readonly RecipeSlice[] {
    const items = value.kind === 'list' ? value.items : [];
    const sources = items.flatMap((item) => this.#readSource(item) ?? []);
    return sources.length === 0 ? [] : [{ sources, baseModel: null, parameters: new Map(), span }];
  }

  #readSlices(value: YamlValue | undefined): readonly RecipeSlice[] {
    const items = value?.kind === 'list' ? value.items : [];
    return items.flatMap((item) => {
      const reader = new YamlReader(item);
      const list = reader.get('sources')?.value;
      const sources = list?.kind === 'list' ? list.items.flatMap((source) => this.#readSource(source) ?? []) : [];
      const baseModel = readRecipeModel(reader.get('base_model')?.value, this.#problems);
      const parameters = this.#parameters(reader, 'shared');
      const residual = reader.get('residual_weight');
      if (residual !== null) {
        this.#problems.warning('unused_key', '`residual_weight` changes nothing, as in mergekit', residual.keySpan);
      }
      return sources.length === 0 ? [] : [{ sources, baseModel, parameters, span: item.span }];
    });
  }

  #readSource(item: YamlValue): RecipeSource | null {
    if (item.kind !== 'mapping') return null;
    const reader = new YamlReader(item);
    const model = readRecipeModel(reader.get('model')?.value, this.#problems);
    const parameters = this.#parameters(reader, 'model');
    const layerRange = this.#readLayerRange(reader.get('layer_range')?.value);
    return model === null ? null : { model, layerRange, parameters, span: item.span };
  }

  #readLayerRange(value: YamlValue | undefined): RecipeSource['layerRange'] {
    if (value?.kind !== 'list') return null;
    const { span } = value;
    const numbers = value.items.flatMap((item) => (item.kind === 'number' ? [item.value] : []));
    const [start, end, ...more] = numbers;
    // What is no number is reported by the table of keys.
    if (numbers.length < value.items.length) return null;
    if (start === undefined || end === undefined || 0 < more.length) {
      const message = 'a range has two numbers: the first layer, from 0, and the one after the last';
      this.#problems.error('layer_range', message, span);
      return null;
    }
    if (end <= start) {
      const message = `no layers lie from ${start} to ${end}: the second number is the layer after the last`;
      this.#problems.error('layer_range', message, span);
      return null;
    }
    return { start, end, span };
  }

  #parameters(reader: YamlReader, place: ParameterPlace): RecipeSource['parameters'] {
    const method = this.#method?.value ?? null;
    return readRecipeParameters(reader.get('parameters')?.value, { method, place, problems: this.#problems });
  }
}

/** What people write who know other programs. */
const dtypeAliases: Readonly<Record<string, MergeDtype>> = {
  bf16: 'bfloat16',
  fp16: 'float16',
  f16: 'float16',
  half: 'float16',
  fp32: 'float32',
  f32: 'float32',
  float: 'float32',
};

function byPlace(a: FoundEntry, b: FoundEntry): number {
  return a.keySpan.start - b.keySpan.start;
}

/** The table of keys without what is checked closer elsewhere. */
const structure = loosened(recipeSpec(null));

function loosened(spec: ValueSpec): ValueSpec {
  switch (spec.kind) {
    case 'mapping': {
      const keys: KeyTable = Object.fromEntries(
        Object.entries(spec.keys).map(([key, { value, description }]) => [
          key,
          { description, value: key === 'parameters' ? { kind: 'any' } : loosened(value) },
        ]),
      );
      return { ...spec, keys };
    }
    case 'named':
      return { ...spec, value: loosened(spec.value) };
    case 'list':
      return { ...spec, item: loosened(spec.item) };
    case 'either':
      return { ...spec, forms: spec.forms.map(loosened) };
    case 'word':
      return { kind: 'text' };
    default:
      return spec;
  }
}

/** What is empty counts as not given, where the table has it and it need not be there. */
function withoutEmpty(value: YamlValue): YamlValue {
  if (value.kind === 'list') return { ...value, items: value.items.map(withoutEmpty) };
  if (value.kind !== 'mapping') return value;
  const entries = value.entries
    .filter((entry) => entry.value.kind !== 'null' || !mayBeEmpty.has(entry.key))
    .map((entry) => ({ ...entry, value: withoutEmpty(entry.value) }));
  return { ...value, entries };
}

const mayBeEmpty: ReadonlySet<string> = new Set([
  ...['base_model', 'models', 'slices', 'modules', 'parameters', 'dtype', 'out_dtype', 'tokenizer_source', 'tokenizer'],
  ...['chat_template', 'name', 'revision', 'lora', 'override_architecture', 'residual_weight', 'tokens'],
  'pad_to_multiple_of',
]);
