import type { TextDocument } from 'vscode';
import { Disposable, EventEmitter, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import { joinProblems } from '../../core/yaml/joinProblems';
import type { RecipeProblem } from '../../core/yaml/recipeProblem';
import { checkRecipeData, type RecipeFiles } from '../../core/training/recipe/checkRecipeData';
import { parseHeadRecipe, type HeadRecipeReading } from '../../core/training/recipe/parseHeadRecipe';
import { debounce, type Debounced } from '../debounce';
import { recipeFolders } from '../merging/recipePlans';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { RecipeFileReader } from './recipeFiles';
import { isHeadRecipeDocument } from './recipeSelector';

/** A head recipe and what is known of its data. */
export interface CheckedRecipe {
  /** Of the document. */
  readonly version: number;
  /** In the order of the text; of the text alone until the data are read. */
  readonly problems: readonly RecipeProblem[];
  /** null: they are being read, or cannot be. */
  readonly files: RecipeFiles | null;
  /** Why the data were not looked at; null: they were, or are being. */
  readonly failure: AlidadeError | null;
}

interface Entry {
  readonly checked: CheckedRecipe;
  /** Of the last version whose data were read. */
  readonly lastFiles: RecipeFiles | null;
  readonly work: AbortController;
}

/** Milliseconds without an edit. */
const restDelay = 200;

/**
 * The head recipes that are open, checked again after every edit and when somebody may have changed their data.
 * Diagnostics and help look here.
 */
export class RecipeReadings implements Disposable {
  readonly #files: RecipeFileReader;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<string, Debounced>();
  readonly #parsed = new Map<string, { readonly version: number; readonly reading: HeadRecipeReading }>();
  readonly #changed = new EventEmitter<TextDocument>();
  readonly #registered: Disposable;

  /** Something else is known of a recipe now, or it is no recipe any more. */
  readonly onDidChange = this.#changed.event;

  constructor(client: SidecarClient) {
    this.#files = new RecipeFileReader(client);
    const checkAll = (): void => workspace.textDocuments.forEach((document) => void this.#check(document));
    this.#registered = Disposable.from(
      this.#changed,
      workspace.onDidOpenTextDocument((document) => void this.#check(document)),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (0 < contentChanges.length) this.#checkSoon(document);
      }),
      workspace.onDidCloseTextDocument((document) => this.#forget(document)),
      workspace.onDidGrantWorkspaceTrust(checkAll),
      workspace.onDidSaveTextDocument(() => this.#checkKnown()),
      // Who comes back from elsewhere may have brought the data.
      window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.#checkKnown();
      }),
    );
    checkAll();
  }

  dispose(): void {
    for (const { work } of this.#entries.values()) work.abort();
    for (const each of this.#waiting.values()) each.dispose();
    this.#registered.dispose();
  }

  readonly isRecipe = isHeadRecipeDocument;

  /** What is known of a recipe now, perhaps of an earlier version of it; null: it is none, or nothing is known yet. */
  ofDocument(document: TextDocument): CheckedRecipe | null {
    return this.#entries.get(keyOf(document))?.checked ?? null;
  }

  /** What was found of the data of a recipe, of an earlier version while this one is being written. */
  knownFiles(document: TextDocument): RecipeFiles {
    return this.#entries.get(keyOf(document))?.lastFiles ?? new Map();
  }

  /** What the text says as it is now; null: it is no head recipe. */
  parse(document: TextDocument): HeadRecipeReading | null {
    if (!isHeadRecipeDocument(document)) return null;
    const key = keyOf(document);
    const known = this.#parsed.get(key);
    if (known?.version === document.version) return known.reading;
    const reading = parseHeadRecipe(document.getText());
    this.#parsed.set(key, { version: document.version, reading });
    return reading;
  }

  #checkSoon(document: TextDocument): void {
    const key = keyOf(document);
    const soon = this.#waiting.get(key) ?? debounce(() => void this.#check(document), restDelay);
    this.#waiting.set(key, soon);
    soon.call();
  }

  #checkKnown(): void {
    for (const document of workspace.textDocuments) {
      if (this.#entries.has(keyOf(document))) void this.#check(document);
    }
  }

  async #check(document: TextDocument): Promise<void> {
    const key = keyOf(document);
    const before = this.#entries.get(key);
    before?.work.abort();
    const reading = document.isClosed ? null : this.parse(document);
    if (reading === null) {
      if (before !== undefined) this.#forget(document);
      return;
    }
    const work = new AbortController();
    const { version } = document;
    const { problems, places } = reading;
    const show = (checked: CheckedRecipe): void => {
      if (work.signal.aborted || document.isClosed) return;
      const lastFiles = checked.files ?? before?.lastFiles ?? null;
      this.#entries.set(key, { checked, lastFiles, work });
      this.#changed.fire(document);
    };
    // A workspace that is not trusted has its text checked: the files that it names are not touched.
    if (!workspace.isTrusted) {
      show({ version, problems, files: null, failure: null });
      return;
    }
    // What was known of the files is still true of most of them: their problems do not come and go with every letter.
    const last = before?.lastFiles ?? null;
    const known = last === null ? problems : joinProblems(problems, checkRecipeData(places, last));
    show({ version, problems: known, files: null, failure: null });
    try {
      const files = await this.#files.read({ places, folders: recipeFolders(document.uri), signal: work.signal });
      show({ version, problems: joinProblems(problems, checkRecipeData(places, files)), files, failure: null });
    } catch (error) {
      if (work.signal.aborted) return;
      if (!(error instanceof AlidadeError)) throw error;
      show({ version, problems, files: null, failure: error });
    }
  }

  #forget(document: TextDocument): void {
    const key = keyOf(document);
    this.#waiting.get(key)?.dispose();
    this.#waiting.delete(key);
    this.#parsed.delete(key);
    this.#entries.get(key)?.work.abort();
    if (this.#entries.delete(key)) this.#changed.fire(document);
  }
}

function keyOf({ uri }: TextDocument): string {
  return uri.toString();
}
