import type { Disposable, WebviewPanel } from 'vscode';
import { commands, env, l10n, Uri, ViewColumn, window, workspace } from 'vscode';
import type { MessageConnection } from 'vscode-jsonrpc/node';
import { AlidadeError } from '../../core/alidadeError';
import { comparisonAsCsv, comparisonAsJson } from '../../core/comparison/comparisonExport';
import type { ComparisonRecord } from '../../core/comparison/comparisonRecord';
import type { Progress } from '../../core/jobContext';
import type {
  AnswersReference,
  ComparisonAction,
  ComparisonState,
  ComparisonView,
  Side,
} from '../../protocol/comparisonView';
import {
  actOnComparison,
  comparisonReady,
  copyComparisonText,
  explainAnswers,
  openVersion,
  showComparison,
  showTextDifference,
} from '../../protocol/comparisonView';
import { debounce } from '../debounce';
import type { GenerationOptions, Generator } from '../generation/generator';
import { readSetting } from '../readSetting';
import { runCommand } from '../registerCommand';
import { describeError, reportError } from '../reportError';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import { checkModelTrust, readScoreSettings, type ScoreSettings } from '../reward/readScoreSettings';
import type { RowScores } from '../reward/rowScores';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { connectWebview } from '../webviewConnection';
import type { ComparisonStore } from './comparisonStore';
import type { ComparisonTexts } from './comparisonTexts';
import { describeComparison } from './describeComparison';
import { headDocumentUri } from './gitHead';
import { prepareComparison, type ChosenPrompts, type PrepareComparisonParams } from './prepareComparison';
import { answersRow, runComparison } from './runComparison';
import { saveComparison } from './saveComparison';
import { titleOf, type ComparedVersions, type VersionSource } from './versionSource';
import { changeOf, watchVersions } from './watchVersions';

/** What all pages of comparisons use. */
export interface ComparisonPanelTools extends Pick<PrepareComparisonParams, 'inputsOf' | 'askForInput'> {
  readonly client: Pick<SidecarClient, 'profilePrompt'>;
  readonly scores: Pick<RowScores, 'explain'>;
  readonly breakdown: Pick<BreakdownRegistration, 'showRow'>;
  readonly texts: ComparisonTexts;
  readonly store: Pick<ComparisonStore, 'keep' | 'load'>;
  /** @throws AlidadeError as `openGenerator`. */
  readonly openGenerator: () => Promise<Generator>;
  readonly readGenerationOptions: () => GenerationOptions;
}

/** What the page keeps of itself for a reload of the window. */
export interface SavedComparison {
  readonly versions: ComparedVersions;
  readonly prompts: ChosenPrompts;
}

/** Milliseconds between two drawings: a page of many inputs takes longer to be sent. */
const drawInterval = { least: 200, perInput: 10 };
/** Milliseconds for which a file has to stay as it is. */
const lookDelay = 300;

const nothingYet: Pick<ComparisonRecord, 'generation' | 'model' | 'inputs'> = {
  generation: null,
  model: null,
  inputs: [],
};

/** The page of one pair of versions. */
export class ComparisonPanel implements Disposable {
  readonly #tools: ComparisonPanelTools;
  readonly #panel: WebviewPanel;
  readonly #versions: ComparedVersions;
  readonly #connection: MessageConnection;
  readonly #watch: Disposable;
  readonly #look = debounce(() => void this.#lookAtFiles().catch(reportError), lookDelay);
  #prompts: ChosenPrompts;
  #record: ComparisonRecord;
  #notes: readonly string[] = [];
  #state: ComparisonState = { kind: 'idle' };
  #stale: string | null = null;
  /** What was read for the record. */
  #sources: Readonly<Record<Side, VersionSource>> | null = null;
  /** With which the record was begun: what is resumed goes on with the same. */
  #settings: ScoreSettings | null = null;
  #isStarterMissing = false;
  #run: AbortController | null = null;
  #drawTimer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(tools: ComparisonPanelTools, panel: WebviewPanel, { versions, prompts }: SavedComparison) {
    this.#tools = tools;
    this.#panel = panel;
    this.#versions = versions;
    this.#prompts = prompts;
    this.#record = { ...unreadNames(versions), ...nothingYet };
    this.#connection = this.#connect();
    this.#watch = watchVersions(versions, this.#look.call);
  }

  get view(): ComparisonView {
    return describeComparison({
      title: titleOf(this.#versions),
      record: this.#record,
      state: this.#state,
      notes: this.#notes,
      stale: this.#stale,
      isStarterMissing: this.#isStarterMissing,
    });
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#run?.abort();
    clearTimeout(this.#drawTimer);
    this.#look.dispose();
    this.#watch.dispose();
    this.#connection.dispose();
    this.#panel.dispose();
  }

  /** After a reload of the window: as it was when it ended; what was under way then is not. */
  async restore(): Promise<void> {
    const kept = await this.#tools.store.load(this.#versions);
    if (kept === null || this.#run !== null || this.#disposed) return;
    const { record, notes, prompts, texts, settings, state } = kept;
    [this.#record, this.#notes, this.#prompts, this.#settings] = [record, notes, prompts, settings];
    const sourceOf = (side: Side): VersionSource => {
      const reference = this.#versions[side];
      return { reference, uri: Uri.parse(reference.uri, true), text: texts[side], commit: null, isDirty: false };
    };
    this.#sources = { first: sourceOf('first'), second: sourceOf('second') };
    this.#setState(state);
    await this.#lookAtFiles();
  }

  /** Reads both versions and compares them from the beginning; a comparison under way is stopped. */
  async start(): Promise<void> {
    await this.#begin(async (signal) => {
      this.#record = { ...this.#record, ...nothingYet };
      [this.#notes, this.#stale, this.#sources, this.#settings] = [[], null, null, null];
      const prepared = await prepareComparison({
        versions: this.#versions,
        prompts: this.#prompts,
        inputsOf: this.#tools.inputsOf,
        askForInput: this.#tools.askForInput,
      });
      if (signal.aborted) return;
      if (prepared === null) throw new AlidadeError({ code: 'cancelled', message: l10n.t('nothing was chosen') });
      const { record, notes, prompts, sources } = prepared;
      [this.#record, this.#notes, this.#prompts, this.#sources] = [record, notes, prompts, sources];
      await this.#fill(signal);
    });
  }

  async #resume(): Promise<void> {
    await this.#begin((signal) => this.#fill(signal));
  }

  async #begin(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#run?.abort();
    const run = new AbortController();
    this.#run = run;
    this.#isStarterMissing = false;
    this.#setState({ kind: 'running', progress: { message: l10n.t('Reading both versions') } });
    try {
      await work(run.signal);
      if (this.#run === run) this.#setState({ kind: 'done' });
    } catch (error) {
      if (this.#run === run) this.#setState(this.#endedBy(error));
    } finally {
      if (this.#run === run) {
        this.#run = null;
        await this.#keep();
      }
    }
  }

  /** Where nothing can be kept, the page is there all the same. */
  async #keep(): Promise<void> {
    const sources = this.#sources;
    if (sources === null || this.#state.kind === 'running') return;
    const texts = { first: sources.first.text, second: sources.second.text };
    await this.#tools.store
      .keep({
        ...{ versions: this.#versions, prompts: this.#prompts, record: this.#record, notes: this.#notes },
        ...{ state: this.#state, texts, settings: this.#settings },
      })
      .catch(reportError);
  }

  #endedBy(error: unknown): ComparisonState {
    const described = describeError(error);
    if (described === null) return this.#record.inputs.length === 0 ? { kind: 'idle' } : { kind: 'stopped' };
    const code = error instanceof AlidadeError ? error.code : 'internal';
    this.#isStarterMissing = code === 'not_found' && this.#usesStarter();
    return { kind: 'failed', code, ...described };
  }

  /** Once the versions were read, only a model can be missing. */
  #usesStarter(): boolean {
    const { source, model } = { source: readSetting('generator.source'), model: readSetting('generator.model') };
    const answers = source === 'local' && (model.trim() || 'starter') === 'starter';
    return this.#record.generation !== null && (answers || this.#settings?.model.reference === 'starter');
  }

  async #fill(signal: AbortSignal): Promise<void> {
    if (readSetting('judge')) {
      throw new AlidadeError({
        code: 'unsupported',
        message: l10n.t('a judge compares two replies and gives none a score of its own'),
        hint: l10n.t('choose a reward model'),
      });
    }
    this.#settings ??= readScoreSettings();
    const generator = await this.#tools.openGenerator();
    const options = this.#tools.readGenerationOptions();
    const { count: answers, temperature, maxNewTokens, seed } = options;
    const generation = { label: generator.label, answers, temperature, maxNewTokens, seed };
    if (this.#record.generation !== null && JSON.stringify(this.#record.generation) !== JSON.stringify(generation)) {
      throw new AlidadeError({
        code: 'usage',
        message: l10n.t('the settings of the generator have changed since: its answers would not be comparable'),
        hint: l10n.t('run the comparison again'),
      });
    }
    this.#record = { ...this.#record, generation };
    const { client, scores } = this.#tools;
    await runComparison(
      {
        ...{ generator, options, client, scores },
        record: this.#record,
        settings: this.#settings,
        onRecord: (record) => {
          if (signal.aborted) return;
          this.#record = record;
          this.#draw();
        },
      },
      {
        signal,
        progress: (progress: Progress) => {
          if (!signal.aborted) this.#setState({ kind: 'running', progress });
        },
      },
    );
  }

  #stop(): void {
    const run = this.#run;
    if (run === null) return;
    this.#run = null;
    run.abort();
    const inputs = this.#record.inputs.map((input) => ({
      ...input,
      first: halted(input.first),
      second: halted(input.second),
    }));
    this.#record = { ...this.#record, inputs };
    this.#setState(inputs.length === 0 ? { kind: 'idle' } : { kind: 'stopped' });
    void this.#keep();
  }

  #connect(): MessageConnection {
    const connection = connectWebview(this.#panel.webview);
    connection.onRequest(comparisonReady, () => ({ view: this.view, saved: this.#saved() }));
    connection.onRequest(actOnComparison, async ({ action }) => {
      await this.#act(action);
      return null;
    });
    connection.onRequest(explainAnswers, async (reference) => {
      await this.#explain(reference);
      return null;
    });
    connection.onRequest(showTextDifference, async ({ input }) => {
      await this.#showTextDifference(input);
      return null;
    });
    connection.onRequest(openVersion, async ({ side }) => {
      await this.#open(side);
      return null;
    });
    connection.onRequest(copyComparisonText, async ({ text }) => {
      await env.clipboard.writeText(text);
      return null;
    });
    connection.listen();
    return connection;
  }

  #saved(): SavedComparison {
    return { versions: this.#versions, prompts: this.#prompts };
  }

  async #act(action: ComparisonAction): Promise<void> {
    switch (action) {
      case 'stop':
        return this.#stop();
      // The page is told by its view how it goes on; the request itself is answered at once.
      case 'resume':
        void this.#resume();
        return;
      case 'runAgain':
        void this.start();
        return;
      case 'save':
        return saveComparison(this.#record, titleOf(this.#versions), this.#versions.second);
      case 'copyJson':
        return env.clipboard.writeText(comparisonAsJson(this.#record));
      case 'copyCsv':
        return env.clipboard.writeText(comparisonAsCsv(this.#record));
      case 'fetchStarter':
        await runCommand('alidade.fetchStarter');
        void this.#resume();
        return;
      case 'chooseModel':
        return runCommand('alidade.chooseRewardModel');
      case 'openGeneratorSettings':
        await commands.executeCommand('workbench.action.openSettings', 'alidade.generator');
        return;
      case 'showLog':
        return runCommand('alidade.showLog');
    }
  }

  /** All answers of the version to the input, the named one first. */
  async #explain({ input, side, answer }: AnswersReference): Promise<void> {
    const { messages, answers } = this.#cell(input, side);
    if (messages === null || answers[answer] === undefined || this.#settings === null) return;
    checkModelTrust(this.#settings.model.reference);
    const shown = [
      answer,
      ...[...answers.keys()].filter((place) => place !== answer && answers[place].scored !== null),
    ];
    const { name } = this.#record[side];
    await this.#tools.breakdown.showRow({
      row: answersRow(
        l10n.t('{0}, {1}', this.#inputName(input), name),
        messages,
        shown.map((place) => answers[place].text),
      ),
      names: shown.map((place) => l10n.t('Answer {0}', place + 1)),
      settings: this.#settings,
      location: { file: name, line: 1 },
      reveal: () => Promise.resolve(this.reveal()),
    });
  }

  async #showTextDifference(input: number): Promise<void> {
    const [first, second] = [this.#cell(input, 'first'), this.#cell(input, 'second')];
    if (first.messages === null || second.messages === null) return;
    await this.#tools.texts.show(
      this.#inputName(input),
      { name: this.#record.first.name, messages: first.messages },
      { name: this.#record.second.name, messages: second.messages },
    );
  }

  async #open(side: Side): Promise<void> {
    const { kind, uri } = this.#versions[side];
    const file = Uri.parse(uri, true);
    const shown = kind === 'head' ? await headDocumentUri(file) : file;
    const column = this.#panel.viewColumn === ViewColumn.One ? ViewColumn.Beside : ViewColumn.One;
    await window.showTextDocument(await workspace.openTextDocument(shown), { viewColumn: column });
  }

  #cell(input: number, side: Side): ComparisonRecord['inputs'][number][Side] {
    const found = this.#record.inputs[input];
    if (found === undefined)
      throw new AlidadeError({ code: 'not_found', message: l10n.t('this input is not there any more') });
    return found[side];
  }

  #inputName(input: number): string {
    const { name = '', values = {} } = this.#record.inputs[input] ?? {};
    if (name !== '') return name;
    return input === 0 && Object.keys(values).length === 0 ? l10n.t('the prompt') : l10n.t('input {0}', input + 1);
  }

  /** A file was edited or deleted, or there is another commit: the numbers may not be those of the versions any more. */
  async #lookAtFiles(): Promise<void> {
    const sources = this.#sources;
    if (sources === null || this.#disposed) return;
    const found: string[] = [];
    for (const side of ['first', 'second'] as const) {
      const problem = await changeOf(sources[side], this.#record[side].name);
      if (problem !== null) found.push(problem);
    }
    if (this.#sources !== sources) return;
    const stale = found.length === 0 ? null : found.join(' ');
    if (stale === this.#stale) return;
    this.#stale = stale;
    this.#draw();
  }

  #setState(state: ComparisonState): void {
    this.#state = state;
    this.#draw();
  }

  /** Soon, and not more often than it can be followed. */
  #draw(): void {
    if (this.#disposed || this.#drawTimer !== undefined) return;
    this.#drawTimer = setTimeout(
      () => {
        this.#drawTimer = undefined;
        if (!this.#disposed) void this.#connection.sendNotification(showComparison, this.view);
      },
      Math.max(drawInterval.least, drawInterval.perInput * this.#record.inputs.length),
    );
  }
}

type Cell = ComparisonRecord['inputs'][number][Side];

function halted(cell: Cell): Cell {
  return cell.state === 'working' ? { ...cell, state: 'waiting' } : cell;
}

/** Until they are read. */
function unreadNames({ first, second }: ComparedVersions): Pick<ComparisonRecord, Side> {
  const [a, b] = [first, second].map(({ kind, uri }) => {
    const path = workspace.asRelativePath(Uri.parse(uri, true));
    return kind === 'head' ? { name: 'HEAD', detail: path } : { name: baseOf(Uri.parse(uri, true)), detail: path };
  });
  return { first: a, second: b };
}

function baseOf({ path }: Uri): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
