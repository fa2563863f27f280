import type { CodeLensProvider, Command, Position, TextDocument } from 'vscode';
import { CodeLens, Disposable, EventEmitter, l10n, languages, Range, workspace } from 'vscode';
import { describeDtype } from '../../core/reward/describeDtype';
import type { ScoredRow } from '../../core/reward/rewardBreakdown';
import type { RewardModelDescription } from '../../core/reward/rewardModelDescription';
import { debounce } from '../debounce';
import type { DataDocuments } from '../promptFile/dataDocuments';
import type { DocumentRow } from '../promptFile/documentRow';
import { rowSelector } from '../promptFile/rowSelector';
import { affectsSetting, readSetting } from '../readSetting';
import { formatNumber, formatSigned } from './formatNumber';
import type { RowScores } from './rowScores';
import { targetOf } from './rowTarget';

/** Rows that get a lens; the editor keeps every lens of a document in memory. */
const mostLenses = 5000;

/** Milliseconds; scores arrive in bursts. */
const refreshDelay = 100;

class RowLens extends CodeLens {
  constructor(
    readonly document: TextDocument,
    readonly start: Position,
    readonly kind: 'score' | 'why',
  ) {
    super(new Range(start, start));
  }
}

/** Score or margin above each row, and Why?. What a lens says is worked out only when it comes into view. */
export function registerRewardLens(documents: DataDocuments, scores: RowScores): Disposable {
  const changed = new EventEmitter<void>();
  const refresh = debounce(() => changed.fire(), refreshDelay);
  const provider: CodeLensProvider<RowLens> = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => {
      if (!readSetting('lens.enabled') || !documents.holdsRows(document)) return [];
      const starts = documents.rowStarts(document, mostLenses);
      return starts.flatMap((start) => [new RowLens(document, start, 'score'), new RowLens(document, start, 'why')]);
    },
    resolveCodeLens: (lens) => {
      const row = documents.rowAt(lens.document, lens.start);
      lens.command = lens.kind === 'score' ? scoreCommand(lens, row, scores) : whyCommand(lens, row);
      return lens;
    },
  };
  return Disposable.from(
    changed,
    refresh,
    scores.onDidChange(refresh.call),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.enabled')) changed.fire();
    }),
    languages.registerCodeLensProvider(rowSelector, provider),
  );
}

function scoreCommand(lens: RowLens, row: DocumentRow | null, scores: RowScores): Command {
  if (row === null) return { title: l10n.t('Not a row that can be scored'), command: '' };
  if (row.data.row === null)
    return { title: l10n.t('Row cannot be read'), tooltip: row.data.error?.message ?? '', command: '' };
  const score = scores.known(row.data.row);
  const show = { command: 'alidade.showBreakdown', arguments: [targetOf(lens.document, lens.start)] };
  switch (score?.kind) {
    case 'scored':
      return { ...show, title: titleOf(score.result.row), tooltip: modelTooltip(score.result.model) };
    case 'failed':
      return { ...show, title: l10n.t('Not scored: {0}', score.error.message), tooltip: score.error.hint ?? '' };
    case 'running':
      return { title: l10n.t('Scoring…'), command: '' };
    case undefined:
      if (scores.isStarterMissing) {
        const title = l10n.t('Fetch the starter model');
        return { title, tooltip: scores.modelFailure?.message ?? '', command: 'alidade.fetchStarter' };
      }
      return {
        title: l10n.t('Score'),
        tooltip: scores.modelFailure?.message ?? '',
        command: 'alidade.scoreRow',
        arguments: [targetOf(lens.document, lens.start)],
      };
  }
}

function whyCommand(lens: RowLens, row: DocumentRow | null): Command {
  if (row === null || row.data.row === null) return { title: '', command: '' };
  const tooltip = l10n.t('Show what made this score, beside the file');
  return {
    title: l10n.t('Why?'),
    tooltip,
    command: 'alidade.showBreakdown',
    arguments: [targetOf(lens.document, lens.start)],
  };
}

function titleOf(row: ScoredRow): string {
  if ('error' in row) return l10n.t('Not scored: {0}', row.error.message);
  if ('margin' in row) return l10n.t('Margin {0}', formatSigned(row.margin));
  if ('score' in row) return l10n.t('Score {0}', formatNumber(row.score));
  const best = row.responses[row.best];
  return l10n.t('Best {0} of {1}: {2}', row.best + 1, row.responses.length, formatNumber(best?.score ?? NaN));
}

function modelTooltip(model: RewardModelDescription): string {
  return `${model.name} · ${describeDtype(model)} · ${model.device}`;
}
