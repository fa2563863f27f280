import type { FileSystemWatcher, TextDocument } from 'vscode';
import { Disposable, EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import { parsePromptFile } from '../../core/prompt/parsePromptFile';
import type { PromptFile } from '../../core/prompt/promptFile';
import { isPromptDocument } from './promptSelector';
import { readReferences } from './promptReferences';
import type { ReadReference } from './promptReferences';

/** Characters; longer files are left alone. */
const largestPromptFile = 1_000_000;
/** What a file refers to may refer further: a configuration to a prompt, that to its examples. */
const mostRounds = 4;

/** A prompt file as it stands, with what it refers to. */
export interface LoadedPromptFile {
  readonly file: PromptFile;
  /** By their path as written. */
  readonly files: ReadonlyMap<string, string>;
  readonly references: readonly ReadReference[];
}

interface ParsedDocument {
  readonly version: number;
  readonly file: PromptFile;
  readonly files: ReadonlyMap<string, string>;
}

interface Watched {
  readonly files: ReadonlyMap<string, string>;
  readonly watchers: readonly FileSystemWatcher[];
  readonly uris: ReadonlySet<string>;
}

/** The prompts of open documents, parsed once for each version; what they refer to is read when asked for, and watched. */
export class PromptDocuments implements Disposable {
  readonly #parsed = new Map<string, ParsedDocument>();
  readonly #watched = new Map<string, Watched>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #registered: Disposable;

  /** A prompt file, or a file that it refers to, has another text now. */
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#registered = Disposable.from(
      workspace.onDidCloseTextDocument(({ uri }) => this.#forget(uri.toString())),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length === 0) return;
        if (isPromptDocument(document)) this.#changed.fire(document.uri);
        this.#onReference(document.uri);
      }),
    );
  }

  dispose(): void {
    this.#registered.dispose();
    for (const key of [...this.#watched.keys()]) this.#forget(key);
    this.#changed.dispose();
  }

  /** Whether the document is a prompt file of a size that is looked at. */
  isPrompt(document: TextDocument): boolean {
    return isPromptDocument(document) && !isTooLong(document);
  }

  /** With what is known so far of the files that it refers to; null when it is no prompt file, or too long. */
  parse(document: TextDocument): PromptFile | null {
    if (!this.isPrompt(document)) return null;
    const key = document.uri.toString();
    const files = this.#watched.get(key)?.files ?? noFiles;
    const known = this.#parsed.get(key);
    if (known?.version === document.version && known.files === files) return known.file;
    const file = parsePromptFile({ text: document.getText(), path: document.uri.path, files });
    this.#parsed.set(key, { version: document.version, file, files });
    return file;
  }

  /** As `parse`, with everything that the file refers to read; null when it is no prompt file, or too long. */
  async load(document: TextDocument): Promise<LoadedPromptFile | null> {
    if (!this.isPrompt(document)) return null;
    const loaded = await loadPromptFile(document.uri, document.getText());
    if (!document.isClosed) this.#watch(document.uri, loaded);
    return loaded;
  }

  #watch(uri: Uri, { files, references }: LoadedPromptFile): void {
    const key = uri.toString();
    const before = this.#watched.get(key);
    const uris = new Set(references.flatMap((each) => (each.uri === null ? [] : [each.uri.toString()])));
    const kept = before !== undefined && isSameMap(before.files, files) ? before.files : files;
    if (before !== undefined && isSameSet(before.uris, uris)) {
      this.#watched.set(key, { ...before, files: kept });
      return;
    }
    before?.watchers.forEach((watcher) => void watcher.dispose());
    const watchers = [...uris].map((each) => {
      const referred = Uri.parse(each, true);
      const name = referred.path.slice(referred.path.lastIndexOf('/') + 1);
      const watcher = workspace.createFileSystemWatcher(
        new RelativePattern(Uri.joinPath(referred, '..'), name.replace(/[[\]{}*?]/g, '[$&]')),
      );
      const changed = (): void => this.#changed.fire(uri);
      watcher.onDidChange(changed);
      watcher.onDidCreate(changed);
      watcher.onDidDelete(changed);
      return watcher;
    });
    this.#watched.set(key, { files: kept, watchers, uris });
  }

  #onReference(uri: Uri): void {
    const referred = uri.toString();
    for (const [key, { uris }] of this.#watched) {
      if (uris.has(referred)) this.#changed.fire(Uri.parse(key, true));
    }
  }

  #forget(key: string): void {
    this.#parsed.delete(key);
    this.#watched.get(key)?.watchers.forEach((watcher) => void watcher.dispose());
    this.#watched.delete(key);
  }
}

const noFiles: ReadonlyMap<string, string> = new Map();

/** The prompts of a text that stands, or stood, at a place, with what it refers to as that stands now. */
export async function loadPromptFile(uri: Uri, text: string): Promise<LoadedPromptFile> {
  let files = noFiles;
  let references: readonly ReadReference[] = [];
  for (let round = 0; ; round += 1) {
    const file = parsePromptFile({ text, path: uri.path, files });
    const known = new Set(references.map(({ reference }) => reference.path));
    const isDone = file.references.every(({ path }) => known.has(path));
    if (isDone || round === mostRounds) return { file, files, references };
    references = await readReferences(uri, file.references);
    files = new Map(references.flatMap((each) => (each.text === null ? [] : [[each.reference.path, each.text]])));
  }
}

function isTooLong(document: TextDocument): boolean {
  // Without a copy of the whole text: its last place says how long it is.
  return largestPromptFile < document.offsetAt(document.lineAt(document.lineCount - 1).range.end);
}

function isSameMap(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return left.size === right.size && [...left].every(([key, value]) => right.get(key) === value);
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((value) => right.has(value));
}
