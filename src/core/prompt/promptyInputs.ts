import type { LocatedMap, LocatedValue } from './locatedValue';
import { memberOf, plainOf, recordOf, textOf } from './locatedValue';
import type { FileReference, PromptProblem, PromptVariable, TestInput } from './promptFile';
import type { DeclaredVariable } from './promptVariables';
import { readJson } from './readJson';
import { readYaml } from './readYaml';

export interface PromptyInputs {
  readonly declared: readonly DeclaredVariable[];
  readonly inputs: readonly TestInput[];
  readonly references: readonly FileReference[];
  readonly problems: readonly PromptProblem[];
}

/** Texts of files by their path as written. */
export type ReadFiles = ReadonlyMap<string, string>;

/** The variables of a .prompty file: a list, a map or shorthand, of version 1 (`sample`) or 2 (`default`, `example`). */
export function readPromptyInputs(header: LocatedMap | null, files: ReadFiles): PromptyInputs {
  const reader = new InputReader(files);
  const written = memberOf(header, 'inputs') ?? memberOf(header, 'inputSchema', 'properties');
  const declared = reader.readDeclarations(written);
  const samples: (readonly [string, unknown])[] = [...reader.samples];
  // Version 1 may have all samples in one place, or in another file.
  const sample = memberOf(header, 'sample');
  const all = sample === null ? undefined : reader.resolve(sample, { isPath: true });
  if (all !== null && typeof all === 'object' && !Array.isArray(all)) samples.push(...Object.entries(all));
  const known = new Set(declared.map(({ name }) => name));
  const undeclared = samples.filter(([name]) => !known.has(name));
  const span = sample?.span ?? written?.span ?? null;
  return {
    declared: [
      ...declared,
      // A sample is as good as a declaration.
      ...undeclared.map(([name]) => ({ name, span: sample?.span ?? { start: 0, end: 0 } })),
    ],
    inputs: samples.length === 0 ? [] : [{ name: 'sample', values: recordOf(samples), span }],
    references: reader.references,
    problems: reader.problems,
  };
}

class InputReader {
  readonly samples: (readonly [string, unknown])[] = [];
  readonly references: FileReference[] = [];
  readonly problems: PromptProblem[] = [];
  readonly #files: ReadFiles;

  constructor(files: ReadFiles) {
    this.#files = files;
  }

  readDeclarations(inputs: LocatedValue | null): readonly DeclaredVariable[] {
    if (inputs === null) return [];
    if (inputs.kind === 'list') return inputs.items.flatMap((item) => this.#readListed(item));
    if (inputs.kind === 'map') {
      return inputs.entries.map(({ key, keySpan, value }) => this.#readMember(key, keySpan, value));
    }
    const resolved = this.resolve(inputs, { isPath: false });
    // A schema from another file, of which only the names and what they say of themselves are taken.
    if (typeof resolved !== 'object' || resolved === null) return [];
    const list = Array.isArray(resolved) ? (resolved as unknown[]) : Object.entries(resolved);
    return list.flatMap((item) => {
      const [name, value] = Array.isArray(item) ? (item as unknown[]) : [ownMember(item, 'name'), item];
      if (typeof name !== 'string') return [];
      const declared = { name, span: inputs.span, description: asText(ownMember(value, 'description')) };
      const defaultValue = ownMember(value, 'default');
      return [defaultValue === undefined ? declared : { ...declared, defaultValue }];
    });
  }

  #readListed(item: LocatedValue): readonly DeclaredVariable[] {
    const name = memberOf(item, 'name');
    const written = textOf(name);
    if (name !== null && written !== null) return [this.#readMember(written, name.span, item)];
    const message = 'an input without a `name`';
    this.problems.push({ severity: 'error', message, span: item.span });
    return [];
  }

  #readMember(name: string, span: DeclaredVariable['span'], value: LocatedValue): DeclaredVariable {
    // Shorthand: `name: value` gives its default.
    if (value.kind !== 'map') {
      const defaultValue = this.resolve(value, { isPath: false });
      return defaultValue === undefined || defaultValue === null ? { name, span } : { name, span, defaultValue };
    }
    const sample = memberOf(value, 'sample') ?? memberOf(value, 'example');
    if (sample !== null) {
      const resolved = this.resolve(sample, { isPath: false });
      if (resolved !== undefined) this.samples.push([name, resolved]);
    }
    const kind = readKind(textOf(memberOf(value, 'kind')) ?? textOf(memberOf(value, 'type')));
    if (kind === 'media') {
      const message = `\`${name}\` is no text: it is left out of what is scored`;
      this.problems.push({ severity: 'information', message, span });
    }
    const required = memberOf(value, 'required');
    const written = memberOf(value, 'default');
    const defaultValue = written === null ? undefined : this.resolve(written, { isPath: false });
    const choices = memberOf(value, 'enumValues') ?? memberOf(value, 'enum');
    return {
      name,
      span,
      description: textOf(memberOf(value, 'description')),
      ...(kind === null ? {} : { kind }),
      // Turns that nobody gives are none, and media are left out.
      ...(kind === null ? readRequired(required) : { required: false }),
      ...(defaultValue === undefined || defaultValue === null ? {} : { defaultValue }),
      ...(choices?.kind === 'list' ? { choices: choices.items.map(plainOf) } : {}),
    };
  }

  /** A value with `${env:…}` and `${file:…}` looked up; undefined: it cannot be known here. */
  resolve(value: LocatedValue, { isPath }: { readonly isPath: boolean }): unknown {
    const text = textOf(value);
    if (text === null) return plainOf(value);
    const file = /^\$\{file:([^}]+)\}$/.exec(text)?.[1] ?? (isPath ? text : null);
    if (file !== null) return this.#readFile(file.trim(), value.span);
    let isUnset = false;
    const filled = text.replace(/\$\{env:([^}:]+)(?::([^}]*))?\}/g, (_, name: string, fallback: string | undefined) => {
      if (fallback === undefined) isUnset = true;
      const message = `the environment variable ${name} is not read here${fallback === undefined ? ': no value' : ''}`;
      this.problems.push({ severity: 'information', message, span: value.span });
      return fallback ?? '';
    });
    return isUnset ? undefined : filled;
  }

  #readFile(path: string, span: DeclaredVariable['span']): unknown {
    if (/^([/\\]|[A-Za-z]:)/.test(path) || path.split(/[/\\]/).includes('..')) {
      const message = `${path} lies outside of the prompt's folder and is not read`;
      this.problems.push({ severity: 'warning', message, span });
      return undefined;
    }
    this.references.push({ path, span });
    const content = this.#files.get(path);
    if (content === undefined) return undefined;
    const isJson = /\.json$/i.test(path);
    if (!isJson && !/\.ya?ml$/i.test(path)) return content;
    const { root, problems } = isJson ? readJson(content) : readYaml(content);
    const [first] = problems;
    if (first !== undefined) this.problems.push({ severity: 'error', message: `${path}: ${first.message}`, span });
    return root === null ? undefined : plainOf(root);
  }
}

function readRequired(value: LocatedValue | null): { readonly required?: boolean } {
  return value?.kind === 'scalar' && typeof value.value === 'boolean' ? { required: value.value } : {};
}

function readKind(kind: string | null): Exclude<PromptVariable['kind'], undefined> | null {
  if (kind === 'thread') return 'messages';
  return kind === 'image' || kind === 'audio' || kind === 'file' ? 'media' : null;
}

function ownMember(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
