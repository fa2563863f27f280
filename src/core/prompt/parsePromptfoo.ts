import type { Span } from '../promptFile/locateJson';
import { memberOf, textOf, type LocatedValue } from './locatedValue';
import type { PromptFileText } from './parsePromptFile';
import type { FileReference, Prompt, PromptFile, PromptProblem } from './promptFile';
import { readPromptFileContent, readTextPrompt, type TextPrompt } from './promptfooPrompts';
import { readPromptfooTests } from './promptfooTests';
import { readYaml } from './readYaml';
import { alignSource } from './sourceText';

/** promptfooconfig.yaml: its prompts, and the values that its tests give to their variables. */
export function parsePromptfoo({ text, files = new Map() }: PromptFileText): PromptFile {
  const { root, problems } = readYaml(text);
  const reader = new PromptReader(text, files);
  reader.readAll(memberOf(root, 'prompts'));
  const tests = readPromptfooTests(root, files);
  return {
    format: 'promptfoo',
    name: null,
    description: textOf(memberOf(root, 'description')),
    prompts: reader.prompts,
    inputs: tests.inputs,
    references: [...reader.references, ...tests.references],
    problems: [
      ...problems.map((problem): PromptProblem => ({ severity: 'error', ...problem })),
      ...reader.problems,
      ...tests.problems,
    ],
  };
}

class PromptReader {
  readonly prompts: Prompt[] = [];
  readonly references: FileReference[] = [];
  readonly problems: PromptProblem[] = [];
  /** How often each was wanted. */
  readonly #labels = new Map<string, number>();
  readonly #text: string;
  readonly #files: ReadonlyMap<string, string>;

  constructor(text: string, files: ReadonlyMap<string, string>) {
    this.#text = text;
    this.#files = files;
  }

  readAll(prompts: LocatedValue | null): void {
    if (prompts === null) return;
    if (prompts.kind === 'scalar') this.#readOne(prompts, null);
    else if (prompts.kind === 'list') for (const item of prompts.items) this.#readItem(item);
    // An older form: paths with labels.
    else
      for (const { key, keySpan, value } of prompts.entries)
        this.#addReference(filePathOf(key) ?? key, textOf(value), keySpan);
  }

  #readItem(item: LocatedValue): void {
    if (item.kind !== 'map') {
      this.#readOne(item, null);
      return;
    }
    const label = textOf(memberOf(item, 'label'));
    const id = memberOf(item, 'id');
    const content =
      memberOf(item, 'raw') ?? memberOf(item, 'prompt') ?? (filePathOf(textOf(id) ?? '') === null ? null : id);
    if (content !== null) this.#readOne(content, label ?? textOf(id));
    else if (memberOf(item, 'config') === null) {
      this.problems.push({ severity: 'warning', message: 'a prompt without `raw`', span: item.span });
    }
  }

  #readOne(content: LocatedValue, label: string | null): void {
    const written = textOf(content);
    if (written === null) {
      if (content.kind === 'scalar' && content.value === null) return;
      this.problems.push({ severity: 'error', message: 'a prompt that is no text', span: content.span });
      return;
    }
    const path = filePathOf(written);
    if (path !== null) this.#addReference(path, label, content.span);
    else
      this.#add(
        readTextPrompt(this.#unique(label ?? excerptOf(written)), alignSource(this.#text, content.span, written)),
      );
  }

  #addReference(path: string, label: string | null, span: Span): void {
    if (!/\.(txt|md|j2|json|ya?ml)$/i.test(path) || path.includes('*')) {
      const message = `${path} is not read here: only .txt, .md, .j2, .json and .yaml files are`;
      this.problems.push({ severity: 'information', message, span });
      return;
    }
    this.references.push({ path, span });
    const content = this.#files.get(path);
    if (content === undefined) {
      const body = { kind: 'reference', path, span } as const;
      this.prompts.push({
        label: this.#unique(label ?? path),
        span,
        language: 'jinja',
        parts: [],
        variables: [],
        body,
      });
      return;
    }
    for (const found of readPromptFileContent({ label: label ?? path, path, content, span })) {
      this.#add({ ...found, prompt: { ...found.prompt, label: this.#unique(found.prompt.label) } });
    }
  }

  #add({ prompt, problems }: TextPrompt): void {
    this.prompts.push(prompt);
    this.problems.push(...problems);
  }

  #unique(label: string): string {
    const count = (this.#labels.get(label) ?? 0) + 1;
    this.#labels.set(label, count);
    return count === 1 ? label : this.#unique(`${label} (${count})`);
  }
}

/** `file://…`, or a path as promptfoo takes it: no white space, and the ending of a file. */
function filePathOf(written: string): string | null {
  const text = written.trim();
  const explicit = /^file:\/\/([^\n]+)$/.exec(text)?.[1];
  if (explicit !== undefined) return explicit;
  return /^[\w./\\*-]+\.(txt|md|j2|jsonl?|ya?ml|csv|[cm]?[jt]s|py)(:\w+)?$/.test(text) ? text : null;
}

function excerptOf(text: string): string {
  const line = text.trim().split(/\r?\n/, 1)[0] ?? '';
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`;
}
