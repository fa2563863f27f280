import { basename } from 'node:path';
import type { Disposable } from 'vscode';
import { commands, EventEmitter, l10n, Uri, workspace } from 'vscode';
import type { Message } from '../../core/promptFile/message';

/** Of the documents that hold a rendered prompt. */
const scheme = 'alidade-prompt-version';

/** More are old: their editors are closed or will be. */
const mostTexts = 100;

export interface ComparedText {
  /** Of the version. */
  readonly name: string;
  readonly messages: readonly Message[];
}

/** Shows rendered prompts in the editor's own diff view, as documents that nobody can change. */
export class ComparisonTexts implements Disposable {
  readonly #texts = new Map<string, string>();
  readonly #changed = new EventEmitter<Uri>();
  readonly #registration = workspace.registerTextDocumentContentProvider(scheme, {
    onDidChange: this.#changed.event,
    provideTextDocumentContent: (uri) => this.#texts.get(uri.toString()),
  });

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  /** @param input its name, for the title. */
  async show(input: string, first: ComparedText, second: ComparedText): Promise<void> {
    const [left, right] = [this.#add(input, 'first', first), this.#add(input, 'second', second)];
    const title = l10n.t('{0} ↔ {1} ({2})', first.name, second.name, input);
    await commands.executeCommand('vscode.diff', left, right, title, { preview: true });
  }

  #add(input: string, side: string, { name, messages }: ComparedText): Uri {
    // The path is what the tab shows; the query tells documents of one name apart.
    const uri = Uri.from({ scheme, path: `/${basename(name)}.md`, query: JSON.stringify([side, name, input]) });
    const key = uri.toString();
    this.#texts.delete(key);
    this.#texts.set(key, conversationText(messages));
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= mostTexts) break;
      this.#texts.delete(oldest);
    }
    this.#changed.fire(uri);
    return uri;
  }
}

function conversationText(messages: readonly Message[]): string {
  return messages.map(({ role, content }) => `${role}:\n${content.replace(/\n$/, '')}\n`).join('\n');
}
