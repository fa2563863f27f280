import type { TextDocument } from 'vscode';
import { l10n, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Prompt, TestInput } from '../../core/prompt/promptFile';
import { renderPrompt } from '../../core/prompt/renderPrompt';
import type { Message } from '../../core/promptFile/message';
import type { PromptProfile } from '../../core/reward/promptProfile';
import { headCommitOf, readAtHead } from '../comparison/gitHead';
import { readScoreSettings } from '../reward/readScoreSettings';
import type { SidecarClient } from '../sidecar/sidecarClient';
import { loadPromptFile } from './promptDocuments';

/** A prompt as it was before: on disk, or in the last commit. */
export interface EarlierProfile {
  readonly profile: PromptProfile;
  /** As it is shown: "the saved file", "HEAD". */
  readonly name: string;
}

export interface EarlierRequest {
  readonly document: TextDocument;
  readonly prompt: Prompt;
  readonly values: TestInput['values'];
  readonly signal: AbortSignal;
}

/** Characters; an earlier version of that length is left alone. */
const longestText = 1_000_000;

/** What the reward model in force will weigh in answers to a prompt. */
export class PromptProfiles {
  readonly #client: Pick<SidecarClient, 'profilePrompt'>;
  #isStarterMissing = false;

  constructor(client: Pick<SidecarClient, 'profilePrompt'>) {
    this.#client = client;
  }

  /** Whether the last profile failed because the starter has not been fetched. */
  isStarterMissing(): boolean {
    return this.#isStarterMissing;
  }

  /** @throws AlidadeError from the sidecar, `permission` for a model of an untrusted workspace, `cancelled`. */
  async profile(messages: readonly Message[], signal: AbortSignal): Promise<PromptProfile> {
    const settings = readScoreSettings();
    try {
      const profile = await this.#client.profilePrompt({ ...settings, messages, priority: 'interactive' }, { signal });
      this.#isStarterMissing = false;
      return profile;
    } catch (error) {
      const isMissing = error instanceof AlidadeError && error.code === 'not_found';
      this.#isStarterMissing = isMissing && settings.model.reference === 'starter';
      throw error;
    }
  }

  /**
   * The same prompt with the same values as it was saved last, where it has been edited since, else as it was committed;
   * null where that is the same text, is not there, or cannot be rendered.
   */
  async profileEarlier({ document, prompt, values, signal }: EarlierRequest): Promise<EarlierProfile | null> {
    const earlier = await earlierText(document);
    if (earlier === null || longestText < earlier.text.length || signal.aborted) return null;
    const { file, files } = await loadPromptFile(document.uri, earlier.text);
    const before = file.prompts.find(({ label }) => label === prompt.label) ?? onlyOne(file.prompts);
    if (before === undefined) return null;
    const { messages } = renderPrompt(before, { values, files });
    if (messages.length === 0) return null;
    try {
      return { profile: await this.profile(messages, signal), name: earlier.name };
    } catch (error) {
      if (error instanceof AlidadeError && error.code !== 'cancelled') return null;
      throw error;
    }
  }
}

async function earlierText(document: TextDocument): Promise<{ readonly text: string; readonly name: string } | null> {
  const { uri } = document;
  const text = document.getText();
  if (uri.scheme === 'untitled') return null;
  try {
    if (document.isDirty) {
      const saved = new TextDecoder().decode(await workspace.fs.readFile(uri));
      return saved === text ? null : { text: saved, name: l10n.t('the saved file') };
    }
    // Looks only at repositories that the editor has opened by itself.
    if (uri.scheme !== 'file' || headCommitOf(uri) === null) return null;
    const head = (await readAtHead(uri)).text;
    return head === text ? null : { text: head, name: 'HEAD' };
  } catch {
    // Deleted, or never committed: there is nothing to differ from.
    return null;
  }
}

function onlyOne<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}
