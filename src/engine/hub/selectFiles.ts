import { AlidadeError } from '../../core/alidadeError';
import { matchesPattern } from './matchesPattern';

export interface ListedFile {
  readonly path: string;
  readonly blob: { readonly size: number };
}

/** What is fetched of a repository. */
export interface FileSelection<File extends ListedFile> {
  readonly files: readonly File[];
  /** The weights are the files that this one names; null where `files` is complete. */
  readonly index: File | null;
}

export const indexName = 'model.safetensors.index.json';

/** Everything that is read besides the weights, and what transformers needs to read the folder too. */
const companions = new Set([
  ...[
    'config.json',
    'generation_config.json',
    'adapter_config.json',
    'README.md',
    'LICENSE',
    'LICENSE.txt',
    'LICENSE.md',
  ],
  ...['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json', 'tokenizer.model'],
  ...['vocab.json', 'merges.txt', 'chat_template.jinja', 'chat_template.json'],
]);

/** How many names an error lists. */
const mostNames = 30;

/**
 * The files of a repository that make a model: config, tokenizer, templates and the .safetensors weights of its top folder;
 * the .gguf file where it is the only weight file; or all that match one of the patterns.
 * @throws AlidadeError `unsupported` for pickled weights or none, `usage` (as ModelChoiceNeeded) when there are several .gguf
 *   files to choose from, `not_found` when nothing matches.
 */
export function selectFiles<File extends ListedFile>(
  files: readonly File[],
  { repository, patterns }: { readonly repository: string; readonly patterns: readonly string[] },
): FileSelection<File> {
  if (0 < patterns.length) return { files: selectMatching(files, repository, patterns), index: null };
  const top = files.filter(({ path }) => !path.includes('/'));
  const texts = top.filter(({ path }) => companions.has(path));
  const weights = top.filter(({ path }) => path.endsWith('.safetensors'));
  const adapter = weights.filter(({ path }) => path === 'adapter_model.safetensors');
  const single = weights.find(({ path }) => path === 'model.safetensors');
  if (single !== undefined) return { files: [...texts, single, ...adapter], index: null };
  const index = top.find(({ path }) => path === indexName);
  if (index !== undefined) return { files: [...texts, index, ...adapter], index };
  // Mistral's own format lies beside the usual one, with the same weights once more.
  const usual = weights.filter(({ path }) => !path.startsWith('consolidated'));
  if (0 < weights.length) return { files: [...texts, ...(0 < usual.length ? usual : weights)], index: null };

  const ggufs = files.filter(({ path }) => /\.gguf$/i.test(path) && !/mmproj/i.test(path));
  if (ggufs.length === 1) return { files: ggufs, index: null };
  if (1 < ggufs.length) throw new ModelChoiceNeeded(repository, ggufs);
  throw noWeights(files, repository);
}

/** A repository holds several models, and none was named. */
export class ModelChoiceNeeded extends AlidadeError {
  readonly choices: readonly ListedFile[];

  constructor(repository: string, choices: readonly ListedFile[]) {
    super({
      code: 'usage',
      message: `${repository} holds ${choices.length} .gguf files: ${nameAll(choices)}`,
      hint: "choose with --include, such as --include '*Q4_K_M.gguf'",
    });
    this.choices = choices;
  }
}

/** Only data: opening a pickle runs the code in it. */
function isPickle(path: string): boolean {
  return /\.(bin|pt|pth|ckpt|pkl|pickle)$/i.test(path);
}

function selectMatching<File extends ListedFile>(
  files: readonly File[],
  repository: string,
  patterns: readonly string[],
): readonly File[] {
  const matching = files.filter(({ path }) => patterns.some((pattern) => matchesPattern(path, pattern)));
  const pickles = matching.filter(({ path }) => isPickle(path));
  if (0 < pickles.length) throw pickledWeights(pickles, repository);
  if (0 < matching.length) return matching;
  throw new AlidadeError({
    code: 'not_found',
    message: `no file of ${repository} matches ${patterns.join(', ')}`,
    hint: `it has: ${nameAll(files)}`,
  });
}

function noWeights(files: readonly ListedFile[], repository: string): AlidadeError {
  const pickles = files.filter(({ path }) => isPickle(path));
  if (0 < pickles.length) return pickledWeights(pickles, repository);
  const elsewhere = files.filter(({ path }) => path.endsWith('.safetensors'));
  if (0 < elsewhere.length) {
    return new AlidadeError({
      code: 'unsupported',
      message: `${repository} is no language model: its weights are not in the top folder, but ${nameAll(elsewhere)}`,
      hint: 'choose files with --include',
    });
  }
  return new AlidadeError({
    code: 'unsupported',
    message: `${repository} has no weights that can be read: neither .safetensors nor .gguf files`,
    hint: files.length === 0 ? 'it is empty' : `it has: ${nameAll(files)}`,
  });
}

function pickledWeights(pickles: readonly ListedFile[], repository: string): AlidadeError {
  return new AlidadeError({
    code: 'unsupported',
    message: `the weights of ${repository} are pickled (${nameAll(pickles)}), and pickles are not read: opening one runs code`,
    hint: 'look for a revision or a conversion with .safetensors files',
  });
}

function nameAll(files: readonly ListedFile[]): string {
  const names = files.slice(0, mostNames).map(({ path }) => path);
  return [...names, ...(mostNames < files.length ? [`and ${files.length - mostNames} more`] : [])].join(', ');
}
