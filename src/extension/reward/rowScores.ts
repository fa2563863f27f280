import { Disposable, EventEmitter, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { ErrorCode } from '../../core/alidadeError';
import type { Progress } from '../../core/jobContext';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { ExplainedRow } from '../../core/reward/explainedRow';
import type { ScoreGrowth } from '../../core/reward/scoreGrowth';
import { scoredRowOf } from '../../core/reward/scoredRowOf';
import type { ScoreRowResult, ScoreRowsResult } from '../../protocol/sidecar';
import { affectsSetting } from '../readSetting';
import type { CallContext, SidecarClient } from '../sidecar/sidecarClient';
import type { ScoreSettings } from './readScoreSettings';
import { readScoreSettings } from './readScoreSettings';

/** What is known of a row under the settings in force. */
export type RowScore =
  | { readonly kind: 'scored'; readonly result: ScoreRowResult }
  | { readonly kind: 'failed'; readonly error: AlidadeError }
  | { readonly kind: 'running' };

export interface ScoreContext extends CallContext {
  readonly priority: 'interactive' | 'background';
}

/** What was found out about a row, and under which settings. */
export interface LearntScore {
  readonly row: ScorableRow;
  readonly score: Exclude<RowScore, { readonly kind: 'running' }>;
  readonly settings: ScoreSettings;
}

/** What of the sidecar's client scores need. */
export type ScoringClient = Pick<SidecarClient, 'scoreRow' | 'scoreRows' | 'explainRow' | 'growRow'>;

interface AskedRow {
  readonly row: ScorableRow;
  readonly settings: ScoreSettings;
}

const maxScores = 2000;

/** Milliseconds, loading included. */
const fastAnswer = 5000;

/** Failures that belong to the row: they come again however often it is asked for. */
const rowFailures: ReadonlySet<ErrorCode> = new Set(['row', 'template', 'gate_not_found', 'too_long']);

/** The scores that the editor knows, by the content of the row; what hover, lens and page draw from. */
export class RowScores implements Disposable {
  readonly #client: ScoringClient;
  readonly #scores = new Map<string, RowScore>();
  readonly #running = new Map<string, number>();
  readonly #changed = new EventEmitter<void>();
  readonly #stepped = new EventEmitter<void>();
  readonly #settingsChanged = new EventEmitter<void>();
  readonly #scored = new EventEmitter<ScoreRowResult>();
  readonly #learnt = new EventEmitter<LearntScore>();
  readonly #configuration: Disposable;
  #modelFailure: AlidadeError | null = null;
  #isFast = false;
  #step: Progress | null = null;

  /** A score came, or the settings made the known ones void. */
  readonly onDidChange = this.#changed.event;
  /** Another model, other options, or trust: every score has to be asked for again. */
  readonly onDidChangeSettings = this.#settingsChanged.event;
  readonly onDidScore = this.#scored.event;
  /** Every score and every failure of a row, for those who keep more of them than are kept here. */
  readonly onDidLearn = this.#learnt.event;
  readonly onDidStep = this.#stepped.event;

  constructor(client: ScoringClient) {
    this.#client = client;
    const forget = (): void => {
      this.#isFast = false;
      this.forgetModelFailure();
      this.#settingsChanged.fire();
    };
    this.#configuration = Disposable.from(
      workspace.onDidChangeConfiguration((event) => {
        const names = [
          'rewardModel',
          'head',
          'judge',
          'device',
          'dtype',
          'threads',
          'maxTokens',
          'truncate',
          'weights',
        ] as const;
        if (affectsSetting(event, ...names)) forget();
      }),
      workspace.onDidGrantWorkspaceTrust(forget),
      workspace.onDidChangeWorkspaceFolders(forget),
    );
  }

  dispose(): void {
    this.#configuration.dispose();
    this.#changed.dispose();
    this.#scored.dispose();
    this.#learnt.dispose();
    this.#settingsChanged.dispose();
    this.#stepped.dispose();
  }

  /** Why no row can be scored at present, as the last request found; null when it could, or has not been tried. */
  get modelFailure(): AlidadeError | null {
    return this.#modelFailure;
  }

  /** The model in use is the starter, and it has not been fetched: there is one thing to do about that. */
  get isStarterMissing(): boolean {
    return this.#modelFailure?.code === 'not_found' && readScoreSettings().model.reference === 'starter';
  }

  /** The model in use has answered within a few seconds: scoring what is in view will not keep the machine busy for long. */
  get isFast(): boolean {
    return this.#isFast;
  }

  forgetModelFailure(): void {
    this.#modelFailure = null;
    this.#changed.fire();
  }

  known(row: ScorableRow): RowScore | null {
    const key = this.#key(row);
    if (key === null) return null;
    const score = this.#scores.get(key);
    if (score !== undefined) return withId(score, row.id);
    return this.#running.has(key) ? { kind: 'running' } : null;
  }

  /** @throws AlidadeError from the sidecar, `permission`, or `cancelled`. */
  async score(row: ScorableRow, context: ScoreContext): Promise<ScoreRowResult> {
    const settings = readScoreSettings();
    const key = keyOf(row, settings);
    const known = this.#scores.get(key);
    if (known?.kind === 'scored') return withId(known, row.id).result;
    if (known?.kind === 'failed') throw known.error;
    return this.#tracked({ row, settings }, async () => {
      const request = { ...settings, row, priority: context.priority };
      const result = await this.#client.scoreRow(request, this.#withProgress(context));
      this.#rememberScore({ row, settings }, result);
      return result;
    });
  }

  /**
   * Scores some rows at once, at most as many as one request may have; what is wrong with a row is in its result.
   * @throws as `score`, but not because of a row.
   */
  async scoreBatch(rows: readonly ScorableRow[], context: ScoreContext): Promise<ScoreRowsResult> {
    const settings = readScoreSettings();
    try {
      const request = { ...settings, rows, priority: context.priority };
      const result = await this.#client.scoreRows(request, this.#withProgress(context));
      this.#modelFailure = null;
      for (const [index, scored] of result.rows.entries()) {
        const asked = { row: rows[index], settings };
        if ('error' in scored) this.#rememberFailure(asked, new AlidadeError(scored.error));
        else this.#rememberScore(asked, { row: scored, model: result.model });
      }
      return result;
    } catch (error) {
      if (error instanceof AlidadeError && error.code !== 'cancelled') this.#rememberModelFailure(settings, error);
      throw error;
    } finally {
      if (this.#running.size === 0) this.#step = null;
      this.#changed.fire();
    }
  }

  /**
   * @param settings those in force, unless a row keeps to others.
   * @throws as `score`.
   */
  async explain(row: ScorableRow, context: ScoreContext, settings = readScoreSettings()): Promise<ExplainedRow> {
    return this.#tracked({ row, settings }, async () => {
      const request = { ...settings, row, priority: context.priority };
      const explained = await this.#client.explainRow(request, this.#withProgress(context));
      this.#rememberScore({ row, settings }, { row: scoredRowOf(explained), model: explained.model });
      return explained;
    });
  }

  /**
   * The scores of some of a row's responses as their text grows; null where there is no response.
   * @throws as `score`, and `usage` for a judge.
   */
  async grow(
    row: ScorableRow,
    responses: readonly number[],
    context: ScoreContext,
    settings = readScoreSettings(),
  ): Promise<readonly (ScoreGrowth | null)[]> {
    const request = { ...settings, row, responses, priority: context.priority };
    return (await this.#client.growRow(request, context)).growths;
  }

  /** What the model is doing before it can score, such as converting its weights; null: nothing that takes long. */
  get step(): Progress | null {
    return this.#step;
  }

  #withProgress(context: ScoreContext): CallContext {
    return {
      signal: context.signal,
      progress: (step) => {
        this.#step = step;
        context.progress?.(step);
        this.#stepped.fire();
      },
    };
  }

  async #tracked<Result>(asked: AskedRow, work: () => Promise<Result>): Promise<Result> {
    const key = keyOf(asked.row, asked.settings);
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    this.#changed.fire();
    const start = Date.now();
    try {
      const result = await work();
      this.#modelFailure = null;
      this.#isFast ||= Date.now() - start < fastAnswer;
      return result;
    } catch (error) {
      if (error instanceof AlidadeError) this.#rememberFailure(asked, error);
      throw error;
    } finally {
      const users = (this.#running.get(key) ?? 1) - 1;
      if (users === 0) this.#running.delete(key);
      else this.#running.set(key, users);
      if (this.#running.size === 0) this.#step = null;
      this.#changed.fire();
    }
  }

  #rememberScore(asked: AskedRow, result: ScoreRowResult): void {
    this.#remember(asked, { kind: 'scored', result });
    this.#scored.fire(result);
  }

  #rememberFailure(asked: AskedRow, error: AlidadeError): void {
    if (error.code === 'cancelled') return;
    if (rowFailures.has(error.code)) this.#remember(asked, { kind: 'failed', error });
    else this.#rememberModelFailure(asked.settings, error);
  }

  /** What another model could not do, asked before the settings changed, says nothing about the one in use. */
  #rememberModelFailure(settings: ScoreSettings, error: AlidadeError): void {
    if (isInForce(settings)) this.#modelFailure = error;
  }

  #remember({ row, settings }: AskedRow, score: LearntScore['score']): void {
    const key = keyOf(row, settings);
    this.#scores.delete(key);
    this.#scores.set(key, score);
    for (const oldest of this.#scores.keys()) {
      if (this.#scores.size <= maxScores) break;
      this.#scores.delete(oldest);
    }
    this.#learnt.fire({ row, score, settings });
  }

  #key(row: ScorableRow): string | null {
    try {
      return keyOf(row, readScoreSettings());
    } catch {
      // An untrusted model: whoever asks for a score is told.
      return null;
    }
  }
}

function keyOf(row: ScorableRow, settings: ScoreSettings): string {
  const { id: _id, ...content } = row;
  return JSON.stringify([settings, content]);
}

function isInForce(settings: ScoreSettings): boolean {
  try {
    return JSON.stringify(settings) === JSON.stringify(readScoreSettings());
  } catch {
    // The model in use lies in a workspace that is not trusted: these settings name another.
    return false;
  }
}

function withId<Score extends RowScore>(score: Score, id: string): Score {
  if (score.kind !== 'scored') return score;
  return { ...score, result: { ...score.result, row: { ...score.result.row, id } } };
}
