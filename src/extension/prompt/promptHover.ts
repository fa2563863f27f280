import type { CancellationToken, DocumentSelector, Position, TextDocument, Disposable } from 'vscode';
import { Hover, l10n, languages, MarkdownString } from 'vscode';
import { frontMatterKeys } from '../../core/prompt/frontMatterKeys';
import type { Prompt, PromptVariable } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import { abortSignalOf } from '../abortSignalOf';
import type { CommandId } from '../commands';
import { rangeOf } from '../rangeOf';
import { readSetting } from '../readSetting';
import { commandUri } from '../registerCommand';
import { describeError } from '../reportError';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import { profileMarkdown } from './profileMarkdown';
import type { LoadedPromptFile, PromptDocuments } from './promptDocuments';
import type { PromptInputs } from './promptInputs';
import type { PromptProfiles } from './promptProfiles';
import { promptTargetOf } from './promptTarget';

const trustedCommands: readonly CommandId[] = [
  'alidade.generateAndScore',
  'alidade.choosePromptInput',
  'alidade.showRenderedPrompt',
  'alidade.chooseRewardModel',
  'alidade.fetchStarter',
  'alidade.showLog',
];

const longestValue = 300;

/** On a variable its value, on a key of the header what it means, on a prompt what the reward model will weigh. */
export function registerPromptHover(
  selector: DocumentSelector,
  params: { readonly prompts: PromptDocuments; readonly inputs: PromptInputs; readonly profiles: PromptProfiles },
): Disposable {
  return languages.registerHoverProvider(selector, {
    provideHover: (document, position, token) => provideHover({ ...params, document, position, token }),
  });
}

interface HoverRequest {
  readonly prompts: PromptDocuments;
  readonly inputs: PromptInputs;
  readonly profiles: PromptProfiles;
  readonly document: TextDocument;
  readonly position: Position;
  readonly token: CancellationToken;
}

/** null: nothing to say here, or cancelled. */
async function provideHover(request: HoverRequest): Promise<Hover | null> {
  const { prompts, document, position, token } = request;
  if (!readSetting('hover.enabled') || !prompts.isPrompt(document)) return null;
  const { version } = document;
  const loaded = await prompts.load(document);
  if (loaded === null || token.isCancellationRequested || document.version !== version) return null;
  const offset = document.offsetAt(position);
  return (
    variableHover(request, loaded, offset) ??
    keyHover(document, loaded, position) ??
    promptHover(request, loaded, offset)
  );
}

function contains({ start, end }: { readonly start: number; readonly end: number }, offset: number): boolean {
  return start <= offset && offset < end;
}

function variableHover({ inputs, document }: HoverRequest, { file }: LoadedPromptFile, offset: number): Hover | null {
  for (const prompt of file.prompts) {
    for (const variable of prompt.variables) {
      const span = variable.spans.find(
        // The uses in a file that is referred to stand where it is referred to.
        (each) => contains(each, offset) && document.getText(rangeOf(document, each)).includes(variable.name),
      );
      if (span === undefined) continue;
      const input = inputs.chosenInput(document, file);
      const lines = [
        `**${escapeMarkdown(variable.name)}**${variable.description === null ? '' : ` · ${escapeMarkdown(variable.description)}`}`,
        describeValue(variable, input?.values[variable.name], input?.name ?? ''),
        link(
          l10n.t('Choose or enter values'),
          commandUri('alidade.choosePromptInput', promptTargetOf(document, prompt)),
        ),
      ];
      return new Hover(markdown(lines.join('\n\n')), rangeOf(document, span));
    }
  }
  return null;
}

/** The value in use, and where it comes from. */
function describeValue({ defaultValue, required, kind }: PromptVariable, given: unknown, inputName: string): string {
  if (given !== undefined && given !== null)
    return `${code(given)}  \n${l10n.t('from the input {0}', escapeMarkdown(inputName))}`;
  if (defaultValue !== undefined) return `${code(defaultValue)}  \n${l10n.t('the default of the file')}`;
  if (kind === 'media') return l10n.t('Left out of what is scored');
  return required ? l10n.t('No value yet: it is asked for when it is needed') : l10n.t('No value; it may stay empty');
}

function keyHover(document: TextDocument, { file }: LoadedPromptFile, position: Position): Hover | null {
  const { text } = document.lineAt(position.line);
  const key = /^([A-Za-z][\w-]*)[ \t]*:/.exec(text)?.[1];
  if (key === undefined || key.length < position.character || !isInHeader(document, position, file.format)) return null;
  const known = frontMatterKeys(file.format).find(({ name }) => name === key);
  return known === undefined ? null : new Hover(new MarkdownString(known.description));
}

/** A promptfoo configuration is all header; elsewhere it stands between two lines of dashes. */
function isInHeader(document: TextDocument, { line }: Position, format: LoadedPromptFile['file']['format']): boolean {
  if (format === 'promptfoo') return true;
  let dashes = 0;
  for (let above = 0; above < line && dashes < 2; above += 1) {
    if (document.lineAt(above).text.trimEnd() === '---') dashes += 1;
  }
  return dashes === 1;
}

async function promptHover(request: HoverRequest, loaded: LoadedPromptFile, offset: number): Promise<Hover | null> {
  const { inputs, profiles, document, token } = request;
  const { file, files } = loaded;
  const prompt = file.prompts.find(({ span }) => contains(span, offset));
  if (prompt === undefined) return null;
  const part = prompt.parts.find(({ span }) => contains(span, offset));
  const range = rangeOf(document, part?.span ?? prompt.span);
  const target = promptTargetOf(document, prompt);
  const links = [
    link(l10n.t('Generate and Score'), commandUri('alidade.generateAndScore', target)),
    link(l10n.t('Rendered'), commandUri('alidade.showRenderedPrompt', target)),
    ...(prompt.variables.length === 0 ? [] : [link(l10n.t('Inputs'), commandUri('alidade.choosePromptInput', target))]),
  ].join(' · ');
  const head = describeParts(prompt);
  const values = inputs.chosenInput(document, file)?.values ?? {};
  const { messages, problems } = renderPrompt(prompt, { values, files });
  if (messages.length === 0) {
    const wrong = [...problems, ...file.problems].find(({ severity }) => severity === 'error');
    const words = escapeMarkdown(wrong?.message ?? l10n.t('the prompt is empty'));
    return new Hover(markdown(`${head}\n\n${l10n.t('Not rendered: {0}', words)}\n\n${links}`), range);
  }
  try {
    const signal = abortSignalOf(token);
    const profiled = await profiles.profile(messages, signal);
    const earlier = await profiles.profileEarlier({ document, prompt, values, signal });
    const text = profileMarkdown(profiled, earlier);
    return new Hover(markdown(`${head}\n\n${text}  \n${links}`), range);
  } catch (error) {
    const described = describeError(error);
    if (described === null || token.isCancellationRequested) return null;
    const { message, hint } = described;
    const words = escapeMarkdown(hint === null ? message : `${message}: ${hint}`);
    return new Hover(markdown(`${head}\n\n${words}\n\n${links} · ${remedies(profiles)}`), range);
  }
}

function describeParts({ label, parts }: Prompt): string {
  const roles = parts.map(({ role }) => escapeMarkdown(role)).join(', ');
  return roles === '' ? `**${escapeMarkdown(label)}**` : `**${escapeMarkdown(label)}** · ${roles}`;
}

function remedies({ isStarterMissing }: PromptProfiles): string {
  if (isStarterMissing()) return link(l10n.t('Fetch the starter model'), commandUri('alidade.fetchStarter'));
  return [
    link(l10n.t('Choose a model'), commandUri('alidade.chooseRewardModel')),
    link(l10n.t('Show log'), commandUri('alidade.showLog')),
  ].join(' · ');
}

function code(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  const short = text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`;
  return new MarkdownString().appendCodeblock(short, 'text').value.trim();
}

function markdown(text: string): MarkdownString {
  const string = new MarkdownString(text);
  string.isTrusted = { enabledCommands: trustedCommands };
  return string;
}

function link(text: string, uri: string): string {
  return `[${text}](${uri})`;
}
