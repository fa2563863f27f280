import { l10n } from 'vscode';
import type { PromptVariable } from '../../core/prompt/promptFile';
import { describeJsonError } from '../../core/promptFile/describeJsonError';
import { readMessages } from '../../core/promptFile/readMessages';
import type { InputStep } from './inputSteps';

/** The question for a variable's value. @param given what it had before. */
export function stepOf({ name, description, kind, choices = [] }: PromptVariable, given: unknown): InputStep {
  const prompt = description ?? l10n.t('Value of {0}', name);
  if (0 < choices.length) {
    return {
      kind: 'choice',
      name,
      prompt,
      choices: choices.map((value) => ({ label: textOf(value), value })),
      active: choices.findIndex((choice) => choice === given),
    };
  }
  if (kind === 'messages') {
    return {
      kind: 'text',
      name,
      prompt: l10n.t('{0} (a JSON list of messages with role and content)', prompt),
      value: given === undefined ? '[]' : textOf(given),
      validate: problemOfMessages,
      read: (text) => JSON.parse(text) as unknown,
    };
  }
  return {
    kind: 'text',
    name,
    prompt,
    value: given === undefined || given === null ? '' : textOf(given),
    validate: (text) => (text.trim() === '' ? l10n.t('The prompt needs a value here') : null),
    read: (text) => readAs(given, text),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What was a number or a list before stays one where the new text can be read as such. */
function readAs(given: unknown, text: string): unknown {
  if (given === undefined || given === null || typeof given === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function problemOfMessages(text: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return describeJsonError(text).message;
  }
  if (Array.isArray(value) && value.length === 0) return null;
  try {
    readMessages(value, l10n.t('the list'));
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
