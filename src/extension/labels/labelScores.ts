import { createHash } from 'node:crypto';
import { Disposable, EventEmitter } from 'vscode';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { RowVerdict } from '../../core/labels/rowVerdict';
import { verdictOf } from '../../core/labels/rowVerdict';
import type { RowError } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import type { DocumentRow } from '../promptFile/documentRow';
import type { ScoreSettings } from '../reward/readScoreSettings';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { LearntScore, RowScores } from '../reward/rowScores';

/** Beyond these the oldest are forgotten; a file that the editor opens has fewer rows. */
const mostVerdicts = 200_000;

/** What the model in use has said about rows, a few numbers each: enough for every row of a file. Keyed by content. */
export class LabelScores implements Disposable {
  readonly #verdicts = new Map<string, RowVerdict>();
  readonly #keys = new WeakMap<object, string>();
  readonly #changed = new EventEmitter<void>();
  readonly #listeners: Disposable;
  #settings = settingsInForce();
  #model: RewardModelDescription | null = null;

  readonly onDidChange = this.#changed.event;

  constructor(scores: RowScores) {
    this.#listeners = Disposable.from(
      scores.onDidLearn((learnt) => this.#learn(learnt)),
      scores.onDidChangeSettings(() => {
        this.#settings = settingsInForce();
        this.#verdicts.clear();
        this.#model = null;
        this.#changed.fire();
      }),
      this.#changed,
    );
  }

  dispose(): void {
    this.#listeners.dispose();
  }

  /** The model that has given the verdicts; null: none yet. */
  get model(): RewardModelDescription | null {
    return this.#model;
  }

  /** null: the row has not been scored, or cannot be read. */
  verdict({ data, identity }: DocumentRow): RowVerdict | null {
    if (data.row === null) return null;
    let key = this.#keys.get(identity);
    if (key === undefined) {
      key = keyOf(data.row);
      this.#keys.set(identity, key);
    }
    return this.#verdicts.get(key) ?? null;
  }

  #learn({ row, score, settings }: LearntScore): void {
    // An answer to what was asked before the settings changed.
    if (writeSettings(settings) !== this.#settings) return;
    if (score.kind === 'scored') this.#model = score.result.model;
    this.#verdicts.set(keyOf(row), score.kind === 'scored' ? verdictOf(score.result.row) : failureOf(score.error));
    for (const oldest of this.#verdicts.keys()) {
      if (this.#verdicts.size <= mostVerdicts) break;
      this.#verdicts.delete(oldest);
    }
    this.#changed.fire();
  }
}

function failureOf({ code, message }: RowError): RowVerdict {
  return { kind: 'failed', error: { code, message } };
}

function keyOf(row: ScorableRow): string {
  const { id: _id, ...content } = row;
  return createHash('sha1').update(JSON.stringify(content)).digest('base64');
}

function writeSettings(settings: ScoreSettings): string {
  return JSON.stringify(settings);
}

/** null: a model of a workspace that is not trusted. */
function settingsInForce(): string | null {
  try {
    return writeSettings(readScoreSettings());
  } catch {
    return null;
  }
}
