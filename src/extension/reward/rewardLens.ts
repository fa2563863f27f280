import type { CodeLensProvider, Command, Position, TextDocument } from 'vscode';
import { CodeLens, Disposable, EventEmitter, l10n, languages, Range, window, workspace } from 'vscode';
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

/** Lines above and below those in view that get lenses too; the editor draws all that it has anew after every edit. */
const linesAround = 200;

/** Lines from there to the end of the lenses: when scrolling comes so near, they are asked for again. */
const linesBefore = 50;

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
  const covered = new WeakMap<TextDocument, readonly LineSpan[]>();
  const scrolled = debounce(() => {
    const isMissing = window.visibleTextEditors.some(({ document }) => {
      const spans = covered.get(document);
      return (
        spans !== undefined &&
        !linesInView(document).every((span) => isWithin(widen(span, linesBefore), spans, document))
      );
    });
    if (isMissing) changed.fire();
  }, refreshDelay);
  const provider: CodeLensProvider<RowLens> = {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses: (document) => {
      if (!readSetting('lens.enabled') || !documents.holdsRows(document)) return [];
      const spans = linesInView(document).map((span) => widen(span, linesAround));
      covered.set(document, spans);
      const starts = documents.rowStarts(document, (line) =>
        spans.some(({ first, last }) => first <= line && line <= last),
      );
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
    scrolled,
    window.onDidChangeTextEditorVisibleRanges(scrolled.call),
    window.onDidChangeVisibleTextEditors(scrolled.call),
    scores.onDidChange(refresh.call),
    workspace.onDidChangeConfiguration((event) => {
      if (affectsSetting(event, 'lens.enabled')) changed.fire();
    }),
    languages.registerCodeLensProvider(rowSelector, provider),
  );
}

interface LineSpan {
  readonly first: number;
  readonly last: number;
}

/** Lines in view in any editor; the first ones of a document that is in none. */
function linesInView(document: TextDocument): readonly LineSpan[] {
  const spans = window.visibleTextEditors
    .filter((editor) => editor.document === document)
    .flatMap(({ visibleRanges }) => visibleRanges.map(({ start, end }) => ({ first: start.line, last: end.line })));
  return spans.length === 0 ? [{ first: 0, last: 0 }] : spans;
}

function widen({ first, last }: LineSpan, lines: number): LineSpan {
  return { first: first - lines, last: last + lines };
}

function isWithin({ first, last }: LineSpan, spans: readonly LineSpan[], { lineCount }: TextDocument): boolean {
  const [top, bottom] = [Math.max(0, first), Math.min(lineCount - 1, last)];
  return spans.some((span) => span.first <= top && bottom <= span.last);
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
