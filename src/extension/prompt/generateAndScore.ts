import type { SecretStorage } from 'vscode';
import { commands, Disposable, env, l10n, window, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { GeneratedAnswer } from '../../core/generation/generatedAnswer';
import type { ScorableRow } from '../../core/promptFile/scorableRow';
import type { PromptTarget, RowTarget } from '../commands';
import { generateWithProgress } from '../generation/answerSession';
import { openGenerator, readGenerationOptions } from '../generation/currentGenerator';
import type { DataDocuments } from '../promptFile/dataDocuments';
import { readSetting } from '../readSetting';
import { registerCommand } from '../registerCommand';
import { offerStarter } from '../reportError';
import type { BreakdownRegistration } from '../reward/breakdownPanel';
import { readScoreSettings } from '../reward/readScoreSettings';
import { findRow, isRowTarget } from '../reward/rowTarget';
import type { SidecarClient } from '../sidecar/sidecarClient';
import type { PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import type { PromptSource } from './promptSource';
import { originOf, revealSource, sourceOfPrompt, sourceOfRow } from './promptSource';
import { findPrompt, isPromptTarget } from './promptTarget';

export interface GenerateAndScoreParams {
  readonly client: SidecarClient;
  readonly secrets: SecretStorage;
  readonly prompts: PromptDocuments;
  readonly inputs: PromptInputs;
  readonly rows: DataDocuments;
  readonly breakdown: Pick<BreakdownRegistration, 'showRow' | 'view'>;
}

/** An answer, or a response that the file has had before. */
interface NamedAnswer {
  readonly name: string;
  readonly text: string;
}

/** What was ranked last. */
interface RankedAnswers {
  readonly id: string;
  readonly answers: readonly NamedAnswer[];
}

/** Makes answers to a prompt, ranks them in the breakdown page, and copies the best one. */
export function registerGenerateAndScore(params: GenerateAndScoreParams): Disposable {
  let origin: Disposable | null = null;
  let ranked: RankedAnswers | null = null;

  const generateAndScore = async (target: PromptTarget | RowTarget | undefined): Promise<void> => {
    // A model that may not be loaded is told before anything is generated.
    readScoreSettings();
    refuseJudge();
    const source = await findSource(params, target);
    if (source === null) return;
    const answers = await answer(params, source);
    if (answers.length === 0) return;
    const row: ScorableRow = {
      kind: 'list',
      id: source.name,
      responses: answers.map(({ text }) => ({
        kind: 'messages',
        messages: [...source.messages, { role: 'assistant', content: text }],
      })),
    };
    origin?.dispose();
    const watched = originOf(source);
    origin = watched;
    ranked = { id: row.id, answers };
    void commands.executeCommand('setContext', 'alidade.answersMade', true);
    await params.breakdown.showRow({
      row,
      names: answers.map(({ name }) => name),
      location: { file: workspace.asRelativePath(source.document.uri), line: source.range.start.line + 1 },
      reveal: () => revealSource(source),
      origin: watched,
    });
  };

  return Disposable.from(
    registerCommand('alidade.generateAndScore', generateAndScore),
    registerCommand('alidade.copyBestAnswer', async () => {
      const best = bestOf(ranked, params.breakdown);
      if (best === null) {
        throw new AlidadeError({
          code: 'row',
          message: l10n.t('the breakdown page shows no ranked answers'),
          hint: l10n.t('generate and score some first'),
        });
      }
      await env.clipboard.writeText(best);
      window.setStatusBarMessage(l10n.t('Best answer copied'), 3000);
    }),
    new Disposable(() => void origin?.dispose()),
  );
}

/** null: the user has given up. */
async function findSource(
  { prompts, inputs, rows }: GenerateAndScoreParams,
  target: PromptTarget | RowTarget | undefined,
): Promise<PromptSource | null> {
  const document = window.activeTextEditor?.document;
  const isPrompt =
    isPromptTarget(target) || (!isRowTarget(target) && document !== undefined && prompts.isPrompt(document));
  if (!isPrompt) return sourceOfRow(await findRow(rows, isRowTarget(target) ? target : undefined), rows);
  const found = await findPrompt(prompts, isPromptTarget(target) ? target : undefined);
  const input = await inputs.completeInput(found.document, found.file, found.prompt);
  return input === undefined ? null : sourceOfPrompt(found, input, prompts);
}

/** The file's own responses, then the answers that say something; none: nothing came, or it was stopped. */
async function answer(
  { client, secrets }: GenerateAndScoreParams,
  { messages, responses }: PromptSource,
): Promise<readonly NamedAnswer[]> {
  const answers = await generate({ client, secrets }, messages);
  const spoken = answers.flatMap(({ text, finishReason }, index): NamedAnswer[] => {
    if (text.trim() === '') return [];
    const name = l10n.t('Answer {0}', index + 1);
    return [{ text, name: finishReason === 'length' ? l10n.t('{0} (cut off)', name) : name }];
  });
  const empty = answers.length - spoken.length;
  if (0 < answers.length && spoken.length === 0) {
    throw new AlidadeError({
      code: 'row',
      message: l10n.t('every answer is empty'),
      hint: l10n.t('change the prompt, or choose another generator'),
    });
  }
  if (0 < empty) window.setStatusBarMessage(l10n.t('Left out as empty: {0}', empty), 5000);
  if (spoken.length === 0) return [];
  const own = responses.map(({ role, text }) => ({ name: nameOfOwn(role), text }));
  return [...own.filter(({ text }) => text.trim() !== ''), ...spoken];
}

async function generate(
  params: Pick<GenerateAndScoreParams, 'client' | 'secrets'>,
  messages: PromptSource['messages'],
): Promise<readonly GeneratedAnswer[]> {
  try {
    return await generateWithProgress(await openGenerator(params), messages, readGenerationOptions());
  } catch (error) {
    const usesStarter = readSetting('generator.source') === 'local' && readSetting('generator.model') === 'starter';
    if (!usesStarter || !(error instanceof AlidadeError) || error.code !== 'not_found') throw error;
    offerStarter();
    return [];
  }
}

function nameOfOwn(role: PromptSource['responses'][number]['role']): string {
  switch (role) {
    case 'chosen':
      return l10n.t('In the file (chosen)');
    case 'rejected':
      return l10n.t('In the file (rejected)');
    case 'response':
      return l10n.t('In the file');
  }
}

/** null: the page shows something else by now, or they could not be scored. */
function bestOf(ranked: RankedAnswers | null, { view }: GenerateAndScoreParams['breakdown']): string | null {
  const state = view()?.state;
  if (ranked === null || state?.kind !== 'row' || state.row.id !== ranked.id) return null;
  const scores = state.row.responses.map(({ score }) => score);
  return ranked.answers[scores.indexOf(Math.max(...scores))]?.text ?? null;
}

/** @throws AlidadeError `usage` */
function refuseJudge(): void {
  if (!readSetting('judge')) return;
  throw new AlidadeError({
    code: 'usage',
    message: l10n.t('a judge compares two replies and cannot rank answers'),
    hint: l10n.t('choose a reward model'),
  });
}
