import type { RowMap } from './mergePlan';
import type { MergeRecipe, RecipeModel, RecipeTokenizer, TokenEmbedding } from '../recipe/mergeRecipe';
import { recipeModelKey } from '../recipe/mergeRecipe';
import type { AddedToken, MergeSource, SourceTokenizer } from './mergeSource';
import { innerConfig } from './outputConfig';
import type { ProblemCollector } from '../recipe/problemCollector';
import { RowPlanner } from './rowPlanner';

/** Which tokens the output has, and where the rows of its tables come from. */
export interface VocabularyPlan {
  /** Rows of the output's tables. */
  readonly rows: number;
  /** The model whose tokenizer the output has, before tokens are added. */
  readonly origin: MergeSource;
  /** Added behind those of the origin. */
  readonly added: readonly AddedToken[];
  readonly tokenizer: SourceTokenizer;
  /** @param keys the models that a table is made of, in their order. */
  mapsOf(keys: readonly string[], base: string | null): readonly (RowMap | null)[];
}

export interface VocabularyParams {
  readonly recipe: MergeRecipe;
  /** Every model whose weights are merged. */
  readonly models: readonly RecipeModel[];
  readonly sources: ReadonlyMap<string, MergeSource>;
  /** The base, else the first model. */
  readonly donor: MergeSource;
  readonly problems: ProblemCollector;
}

/** A model with its tokens. */
export interface TokenSource {
  readonly source: MergeSource;
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Rows that its tables have; tokens beyond have none. */
  readonly rows: number;
}

/** The largest vocabularies have 260,000 tokens. */
const mostRows = 8_000_000;

/**
 * The tokens of the output as mergekit finds them: those of the base, of a model, or (union) of the base with all tokens
 * of the others behind them. Null: the recipe has no policy, or it cannot be followed, which is told.
 */
export function planVocabulary(params: VocabularyParams): VocabularyPlan | null {
  const { recipe, donor, problems } = params;
  const { tokenizer: policy } = recipe;
  if (policy === null) return null;
  const origin = originOf(policy, params);
  if (origin === null) return null;
  const models = tokenSources(params);
  const originTokens = models.get(origin.key)?.vocabulary ?? origin.tokenizer?.vocabulary ?? null;
  if (originTokens === null || originTokens.size === 0) {
    const message = `${origin.key} has no tokenizer.json: there are no tokens to take`;
    problems.add({ code: 'tokenizer', severity: 'error', message, span: policy.source.span });
    return null;
  }
  const added = newTokens(policy, originTokens, models);
  const vocabulary =
    added.length === 0
      ? originTokens
      : new Map([...originTokens, ...added.map(({ content, id }) => [content, id] as const)]);
  const count = rowsFor(vocabulary);
  const multiple = policy.padToMultipleOf?.value ?? 1;
  const rows = multiple * Math.ceil(count / multiple);
  if (mostRows < rows) {
    const message = `the tables would get ${rows} rows, more than any model has`;
    problems.add({ code: 'vocabulary', severity: 'error', message, span: policy.source.span });
    return null;
  }
  const donorRows = rowsOf(donor);
  if (donorRows !== null && rows !== donorRows) {
    const message = `the tables get ${rows} rows, those of ${donor.key} have ${donorRows}: rows without a token are left out${count < rows ? ', and the last are the average of all' : ''}`;
    problems.add({ code: 'vocabulary', severity: 'information', message, span: policy.source.span });
  }
  const chosen = chosenEmbeddings(policy, vocabulary, models, problems);
  const planner = new RowPlanner({ vocabulary, count, rows, models, chosen });
  return {
    rows,
    origin,
    added,
    tokenizer: tokenizerOf(origin, vocabulary, added),
    mapsOf: (keys, base) => planner.mapsOf(keys, base),
  };
}

function originOf({ source }: RecipeTokenizer, { sources, donor }: VocabularyParams): MergeSource | null {
  return source.value.kind === 'model' ? (sources.get(recipeModelKey(source.value.model)) ?? null) : donor;
}

/** The merged models by key; one without a tokenizer is taken to have the donor's, which is told. */
function tokenSources({ models, sources, donor, problems }: VocabularyParams): ReadonlyMap<string, TokenSource> {
  const found = new Map<string, TokenSource>();
  for (const model of models) {
    const source = sources.get(recipeModelKey(model));
    if (source === undefined || found.has(source.key)) continue;
    const own = source.tokenizer?.vocabulary ?? null;
    if (own === null && source !== donor) {
      const message = `${source.key} has no tokenizer.json: its tokens are taken to be those of ${donor.key}`;
      problems.add({ code: 'tokenizer', severity: 'warning', message, span: model.span });
    }
    const vocabulary = own ?? donor.tokenizer?.vocabulary ?? new Map<string, number>();
    found.set(source.key, { source, vocabulary, rows: rowsOf(source) ?? vocabulary.size });
  }
  return found;
}

/** `vocab_size`. */
function rowsOf({ config }: MergeSource): number | null {
  const size = innerConfig(config)['vocab_size'];
  return typeof size === 'number' ? size : null;
}

/** What a union adds, and what the recipe names that nobody has yet; numbered behind those that are there. */
function newTokens(
  policy: RecipeTokenizer,
  vocabulary: ReadonlyMap<string, number>,
  models: ReadonlyMap<string, TokenSource>,
): readonly AddedToken[] {
  const added = new Map<string, AddedToken>();
  let next = rowsFor(vocabulary);
  const add = (token: Omit<AddedToken, 'id'>): void => {
    if (vocabulary.has(token.content) || added.has(token.content)) return;
    added.set(token.content, { ...token, id: next });
    next += 1;
  };
  if (policy.source.value.kind === 'union') {
    // Words first, then added tokens, as mergekit orders them.
    for (const { vocabulary: own, rows, source } of models.values()) {
      if (own === vocabulary) continue;
      const special = new Set(source.tokenizer?.addedTokens?.map(({ content }) => content));
      for (const [content, id] of own) if (id < rows && !special.has(content)) add(plainToken(content));
    }
    for (const { source, rows } of models.values()) {
      for (const token of source.tokenizer?.addedTokens ?? []) if (token.id < rows) add(token);
    }
  }
  for (const content of policy.tokens.keys()) add(plainToken(content));
  return [...added.values()];
}

function plainToken(content: string): Omit<AddedToken, 'id'> {
  return { content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: false };
}

/** Rows of a table that has one for every token. */
function rowsFor(vocabulary: ReadonlyMap<string, number>): number {
  let rows = 0;
  for (const id of vocabulary.values()) rows = Math.max(rows, id + 1);
  return rows;
}

/** A token's embedding that the recipe chooses. */
export interface ChosenEmbedding {
  /** null: zeros. */
  readonly from: { readonly key: string; readonly row: number } | null;
  /** Also where a model has the token. */
  readonly isForced: boolean;
}

function chosenEmbeddings(
  policy: RecipeTokenizer,
  vocabulary: ReadonlyMap<string, number>,
  models: ReadonlyMap<string, TokenSource>,
  problems: ProblemCollector,
): ReadonlyMap<number, ChosenEmbedding> {
  const chosen = new Map<number, ChosenEmbedding>();
  for (const [token, { source, force, span }] of policy.tokens) {
    const id = vocabulary.get(token);
    if (id === undefined || source === null) continue;
    const from = rowOfEmbedding(source, token, models);
    if (from === undefined) {
      const key = source.kind === 'zero' ? '' : recipeModelKey(source.model);
      const message = models.has(key)
        ? `${key} has no token ${JSON.stringify(describeToken(source, token))}`
        : `${key} is not among the models that are merged: no row can be taken from it`;
      problems.add({ code: 'tokenizer', severity: 'error', message, span });
      continue;
    }
    chosen.set(id, { from, isForced: force });
  }
  return chosen;
}

/** @returns undefined where the model does not have it. */
function rowOfEmbedding(
  embedding: TokenEmbedding,
  token: string,
  models: ReadonlyMap<string, TokenSource>,
): ChosenEmbedding['from'] | undefined {
  if (embedding.kind === 'zero') return null;
  const key = recipeModelKey(embedding.model);
  const model = models.get(key);
  const row =
    embedding.kind === 'model'
      ? model?.vocabulary.get(token)
      : (embedding.tokenId ?? model?.vocabulary.get(embedding.token ?? ''));
  return model === undefined || row === undefined || row < 0 || model.rows <= row ? undefined : { key, row };
}

function describeToken(embedding: TokenEmbedding, token: string): string | number {
  return embedding.kind === 'modelToken' ? (embedding.token ?? embedding.tokenId ?? token) : token;
}

function tokenizerOf(
  { tokenizer }: MergeSource,
  vocabulary: ReadonlyMap<string, number>,
  added: readonly AddedToken[],
): SourceTokenizer {
  const own = tokenizer ?? { hash: '', wordsHash: '', vocabulary: null, addedTokens: null, size: 0 };
  if (added.length === 0) return own;
  const suffix = JSON.stringify(added.map(({ content, id }) => [content, id]));
  return {
    ...own,
    hash: `${own.hash}${suffix}`,
    vocabulary,
    addedTokens: [...(own.addedTokens ?? []), ...added],
    size: vocabulary.size,
  };
}
