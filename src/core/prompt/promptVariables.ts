import type { Span } from '../promptFile/locateJson';
import type { PromptProblem, PromptVariable } from './promptFile';
import { spanInFile, type SourceText } from './sourceText';
import type { TemplateReading, TemplateUse } from './template';

/** A variable as the file's header declares it. */
export interface DeclaredVariable {
  readonly name: string;
  readonly span: Span;
  readonly description?: string | null;
  readonly kind?: PromptVariable['kind'];
  /** Undefined: the file does not say. */
  readonly required?: boolean;
  readonly defaultValue?: unknown;
  readonly choices?: readonly unknown[];
}

export interface VariableSources {
  readonly declared?: readonly DeclaredVariable[];
  /** In the order of the file; spans are the file's. */
  readonly uses: readonly TemplateUse[];
}

/** Declared variables first, then those that are only used; each once. */
export function collectVariables({ declared = [], uses }: VariableSources): readonly PromptVariable[] {
  const usesByName = new Map<string, TemplateUse[]>();
  const certain = new Set([...declared, ...uses.filter(({ isScoped }) => isScoped !== true)].map(({ name }) => name));
  for (const use of uses) {
    // Where the variables are declared, a name within a section that is none of them is a member.
    if (use.isScoped === true && 0 < declared.length && !certain.has(use.name)) continue;
    const list = usesByName.get(use.name);
    if (list === undefined) usesByName.set(use.name, [use]);
    else list.push(use);
  }
  const declarations = new Map(declared.map((each) => [each.name, each]));
  const names = new Set([...declarations.keys(), ...usesByName.keys()]);
  return [...names].map((name) => describeVariable(name, declarations.get(name), usesByName.get(name) ?? []));
}

function describeVariable(
  name: string,
  declared: DeclaredVariable | undefined,
  uses: readonly TemplateUse[],
): PromptVariable {
  const hasDefault = declared?.defaultValue !== undefined;
  const isNeeded = 0 < uses.length && !uses.some(({ isOptional, isScoped }) => isOptional || isScoped === true);
  return {
    name,
    description: declared?.description ?? null,
    required: !hasDefault && (declared?.required ?? isNeeded),
    ...(hasDefault ? { defaultValue: declared.defaultValue } : {}),
    ...(declared?.kind === undefined ? {} : { kind: declared.kind }),
    ...(declared?.choices === undefined ? {} : { choices: declared.choices }),
    spans: [...(declared === undefined ? [] : [declared.span]), ...uses.map(({ span }) => span)],
  };
}

/** What a template's text says, with places in the file. */
export function placeReading(reading: TemplateReading, source: SourceText): TemplateReading {
  return {
    uses: reading.uses.map((use) => ({ ...use, span: spanInFile(source, use.span) })),
    problems: placeProblems(reading.problems, source),
  };
}

export function placeProblems(problems: readonly PromptProblem[], source: SourceText): readonly PromptProblem[] {
  return problems.map((problem) => ({ ...problem, span: spanInFile(source, problem.span) }));
}

/** A warning at every name that a template uses and a file that declares its variables does not declare. */
export function findUndeclared(
  declared: readonly DeclaredVariable[],
  uses: readonly TemplateUse[],
): readonly PromptProblem[] {
  const names = new Set(declared.map(({ name }) => name));
  return uses
    .filter(({ name, isScoped }) => !names.has(name) && isScoped !== true)
    .map(({ name, span }) => ({ severity: 'warning', message: `\`${name}\` is not among the inputs`, span }));
}
