import { textOf, YamlReader, type FoundEntry } from '../../yaml/yamlReader';
import type { YamlValue } from '../../yaml/yamlValue';
import type { RecipeModel, RecipeTokenizer, TokenEmbedding } from './mergeRecipe';
import { readRecipeModel } from './readRecipeModel';
import type { RecipeProblems } from '../../yaml/recipeProblems';

/** `tokenizer_source`, or `tokenizer` with all that it may hold; null: vocabularies stay as they are. */
export function readRecipeTokenizer(
  recipe: YamlReader,
  baseModel: RecipeModel | null,
  problems: RecipeProblems,
): RecipeTokenizer | null {
  const short = recipe.get('tokenizer_source');
  const long = recipe.get('tokenizer');
  if (short !== null && long !== null) {
    const second = short.keySpan.start < long.keySpan.start ? long : short;
    problems.error('tokenizer_twice', 'a recipe has either `tokenizer_source` or `tokenizer`', second.keySpan);
  }
  const reader = long === null ? null : new YamlReader(long.value);
  const sourceValue = reader === null ? short?.value : reader.get('source')?.value;
  const place = short ?? long;
  if (place === null) return null;
  const source: RecipeTokenizer['source'] | null =
    sourceValue === undefined
      ? { value: { kind: 'union' }, span: place.keySpan }
      : readTokenizerSource(sourceValue, problems);
  if (source === null) return null;
  if (source.value.kind === 'base' && baseModel === null) {
    problems.error('base_missing', '`base` means the tokens of `base_model`, which is not given', source.span);
  }
  const padding = reader?.get('pad_to_multiple_of')?.value;
  return {
    source,
    tokens: new Map(
      (reader?.reader('tokens')?.entries ?? []).map((entry) => [entry.key, readToken(entry, problems)] as const),
    ),
    padToMultipleOf:
      padding?.kind === 'number' && Number.isInteger(padding.value) && 0 < padding.value
        ? { value: padding.value, span: padding.span }
        : null,
  };
}

function readTokenizerSource(value: YamlValue, problems: RecipeProblems): RecipeTokenizer['source'] | null {
  const word = textOf(value)?.value;
  if (word === 'base' || word === 'union') return { value: { kind: word }, span: value.span };
  const model = readRecipeModel(value, problems);
  return model === null ? null : { value: { kind: 'model', model }, span: value.span };
}

function readToken(
  { value, span }: FoundEntry,
  problems: RecipeProblems,
): { readonly source: TokenEmbedding | null; readonly force: boolean; readonly span: FoundEntry['span'] } {
  const reader = new YamlReader(value);
  const source = reader.get('source')?.value;
  return { source: readEmbedding(source, problems), force: reader.boolean('force') ?? false, span };
}

function readEmbedding(value: YamlValue | undefined, problems: RecipeProblems): TokenEmbedding | null {
  if (value === undefined || value.kind === 'null') return null;
  const reader = new YamlReader(value);
  const kind = reader.text('kind');
  if (value.kind !== 'mapping' || kind === null) {
    const model = readRecipeModel(value, problems);
    return model === null ? null : { kind: 'model', model };
  }
  if (kind.value === 'zero') return { kind: 'zero' };
  if (kind.value !== 'model_token') {
    problems.error(
      'wrong_value',
      'an embedding is of `kind` `model_token` or `zero`, or the name of a model',
      kind.span,
    );
    return null;
  }
  const model = readRecipeModel(reader.get('model')?.value, problems);
  const token = reader.text('token')?.value ?? null;
  const tokenId = reader.number('token_id');
  if (model === null || (token === null) === (tokenId === null)) {
    const message = '`model_token` takes a `model`, and either `token` or `token_id`';
    problems.error('wrong_value', message, value.span);
    return null;
  }
  return { kind: 'modelToken', model, token, tokenId };
}
