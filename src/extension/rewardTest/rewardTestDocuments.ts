import type { Disposable, DocumentSelector, TextDocument, Uri } from 'vscode';
import { Range, workspace } from 'vscode';
import { AlidadeError } from '../../core/alidadeError';
import type { Span } from '../../core/promptFile/locateJson';
import { isTestFile } from '../../core/rewardTest/isTestFile';
import { parseRewardTests } from '../../core/rewardTest/parseRewardTests';
import type { RewardTestFile } from '../../core/rewardTest/rewardTest';

/** As a glob: files with reward tests. */
export const testFileGlob = '**/*.reward.{yaml,yml}';

export const testFileSelector: DocumentSelector = [
  { scheme: 'file', pattern: testFileGlob },
  { scheme: 'untitled', pattern: testFileGlob },
];

/** A test file as its editor, or else the disk, has it. */
export interface RewardTestText {
  readonly uri: Uri;
  readonly text: string;
  readonly parsed: RewardTestFile;
  readonly toRange: (span: Span) => Range;
}

export function holdsTests({ uri }: Pick<TextDocument, 'uri'>): boolean {
  return (uri.scheme === 'file' || uri.scheme === 'untitled') && isTestFile(uri.path);
}

/** The tests of open documents, parsed once for each version; those of other files, each time they are asked for. */
export class RewardTestDocuments implements Disposable {
  readonly #parsed = new Map<string, { readonly version: number; readonly file: RewardTestFile }>();
  readonly #onClose: Disposable;

  constructor() {
    this.#onClose = workspace.onDidCloseTextDocument(({ uri }) => this.#parsed.delete(uri.toString()));
  }

  dispose(): void {
    this.#onClose.dispose();
    this.#parsed.clear();
  }

  ofDocument(document: TextDocument): RewardTestText {
    const key = document.uri.toString();
    const known = this.#parsed.get(key);
    const text = document.getText();
    const file = known?.version === document.version ? known.file : parseRewardTests(text);
    this.#parsed.set(key, { version: document.version, file });
    const toRange = ({ start, end }: Span): Range => new Range(document.positionAt(start), document.positionAt(end));
    return { uri: document.uri, text, parsed: file, toRange };
  }

  /** @throws AlidadeError `not_found` when the file has gone. */
  async read(uri: Uri): Promise<RewardTestText> {
    const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open !== undefined) return this.ofDocument(open);
    try {
      const bytes = await workspace.fs.readFile(uri);
      const text = new TextDecoder().decode(bytes);
      return { uri, text, parsed: parseRewardTests(text), toRange: (span) => rangeIn(text, span) };
    } catch (cause) {
      const message = `${workspace.asRelativePath(uri)} cannot be read`;
      throw new AlidadeError({ code: 'not_found', message, cause });
    }
  }
}

function rangeIn(text: string, { start, end }: Span): Range {
  const [from, to] = [start, end].map((offset) => {
    const lines = text.slice(0, offset).split('\n');
    return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
  });
  return new Range(from.line, from.character, to.line, to.character);
}
