import type { TestController, TestItem, Uri } from 'vscode';
import { MarkdownString, workspace } from 'vscode';
import type { RewardTest } from '../../core/rewardTest/rewardTest';
import { describeError } from '../reportError';
import type { RewardTestDocuments, RewardTestText } from './rewardTestDocuments';

/** The items of the Test Explorer: test files, and under each its tests. */
export class RewardTestTree {
  readonly #controller: TestController;
  readonly #documents: RewardTestDocuments;

  constructor(controller: TestController, documents: RewardTestDocuments) {
    this.#controller = controller;
    this.#documents = documents;
  }

  /** The item of a file, made where it is not there yet. */
  fileItem(uri: Uri): TestItem {
    const known = this.#controller.items.get(uri.toString());
    if (known !== undefined) return known;
    const item = this.#controller.createTestItem(uri.toString(), workspace.asRelativePath(uri), uri);
    item.canResolveChildren = true;
    this.#controller.items.add(item);
    return item;
  }

  remove(uri: Uri): void {
    this.#controller.items.delete(uri.toString());
  }

  /** Brings the items of a file up to date; null: it cannot be read. */
  async refresh(uri: Uri): Promise<RewardTestText | null> {
    const item = this.fileItem(uri);
    try {
      const file = await this.#documents.read(uri);
      this.show(file);
      return file;
    } catch (error) {
      item.children.replace([]);
      item.error = describeError(error)?.message;
      return null;
    }
  }

  /** As `refresh`, with the text in hand. */
  show({ uri, parsed, toRange }: RewardTestText): void {
    const item = this.fileItem(uri);
    const [problem] = parsed.isRunnable ? [] : parsed.problems.filter(({ severity }) => severity === 'error');
    item.error = problem === undefined ? undefined : new MarkdownString().appendText(problem.message);
    item.children.replace(parsed.tests.map((test) => this.#testItem(item, test, toRange)));
    item.canResolveChildren = true;
  }

  #testItem(parent: TestItem, test: RewardTest, toRange: RewardTestText['toRange']): TestItem {
    const known = parent.children.get(test.id);
    const item = known ?? this.#controller.createTestItem(test.id, test.name, parent.uri);
    item.label = test.name;
    item.range = toRange(test.span);
    // The file's order, not that of the alphabet.
    item.sortText = String(test.span.start).padStart(8, '0');
    const [problem] = test.problems.filter(({ severity }) => severity === 'error');
    item.error = problem === undefined ? undefined : new MarkdownString().appendText(problem.message);
    return item;
  }
}
