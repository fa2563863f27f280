import type { Span } from '../promptFile/locateJson';
import type { PromptProblem } from './promptFile';

/** A variable's name where a template reads it; spans are offsets in the template. */
export interface TemplateUse {
  readonly name: string;
  readonly span: Span;
  /** The template asks itself whether there is a value. */
  readonly isOptional: boolean;
  /** Within a section that may have a member of that name: perhaps no variable. */
  readonly isScoped?: boolean;
}

/** What is known of a template before it is run. */
export interface TemplateReading {
  readonly uses: readonly TemplateUse[];
  readonly problems: readonly PromptProblem[];
}

export interface TemplateRendering {
  readonly text: string;
  /** With an error, the text is not to be used. */
  readonly problems: readonly PromptProblem[];
}

export type TemplateValues = Readonly<Record<string, unknown>>;

/** What a rendering may take. */
export const renderLimits = {
  /** Evaluations of a node, about half a microsecond each. */
  steps: 500_000,
  /** UTF-16 units of any text that is made. */
  textLength: 2_097_152,
} as const;

export function describeStepLimit(steps: number = renderLimits.steps): string {
  return `the template did not end after ${steps} steps`;
}

export function describeLengthLimit(length: number = renderLimits.textLength): string {
  return `the template makes a text longer than ${length} characters`;
}
