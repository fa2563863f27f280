import { memberOf, textOf, type LocatedValue } from './locatedValue';
import type { PromptPart, PromptProblem } from './promptFile';
import { alignSource, spanInFile, type SourceText } from './sourceText';

/** Roles that chat templates know, and OpenAI's older name for a tool's turn. */
const knownRoles = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];

export interface ChatMessages {
  readonly parts: readonly PromptPart[];
  readonly problems: readonly PromptProblem[];
}

/** Whether a value is meant as a conversation. */
export function isChat(value: LocatedValue | null): boolean {
  const list = value?.kind === 'map' ? memberOf(value, 'messages') : value;
  return list?.kind === 'list' && list.items.some((item) => memberOf(item, 'role') !== null);
}

/**
 * The messages of a list as parts of a prompt. What is not text is left out and told; a message that cannot be read is
 * an error, the others are there.
 * @param file where the values' places are.
 */
export function readChatMessages(value: LocatedValue, file: SourceText): ChatMessages {
  const list = value.kind === 'map' ? memberOf(value, 'messages') : value;
  const parts: PromptPart[] = [];
  const problems: PromptProblem[] = [];
  if (list?.kind !== 'list') {
    const message = 'no list of messages with `role` and `content`';
    return { parts, problems: [{ severity: 'error', message, span: spanInFile(file, value.span) }] };
  }
  const report = (severity: PromptProblem['severity'], message: string, at: LocatedValue): void => {
    problems.push({ severity, message, span: spanInFile(file, at.span) });
  };
  const addText = (role: string, content: LocatedValue, isContinuation: boolean): void => {
    const text = textOf(content);
    if (text === null) return;
    const aligned = alignSource(file.text, content.span, text);
    const pieces = aligned.pieces.map(({ at, source: offset }) => {
      return { at, source: spanInFile(file, { start: offset, end: offset }).start };
    });
    const source: SourceText = file.within === undefined ? { text, pieces } : { ...aligned, within: file.within };
    const part = { role, text, span: spanInFile(source, { start: 0, end: text.length }), source };
    parts.push(isContinuation ? { ...part, isContinuation } : part);
  };
  for (const [index, item] of list.items.entries()) {
    const name = `message ${index + 1}`;
    const role = memberOf(item, 'role');
    const roleName = textOf(role);
    const content = memberOf(item, 'content');
    if (role === null || roleName === null) report('error', `${name} has no \`role\``, role ?? item);
    else if (!knownRoles.includes(roleName) && !roleName.includes('{{')) {
      report('error', `${name}: unknown role ${JSON.stringify(roleName)} (known: ${knownRoles.join(', ')})`, role);
    } else if (content?.kind === 'list') {
      let isContinuation = false;
      for (const part of content.items) {
        const text = memberOf(part, 'text') ?? part;
        if (textOf(text) !== null) {
          addText(roleName, text, isContinuation);
          isContinuation = true;
        } else report('information', `a part of ${name} is no text: it is left out of what is scored`, part);
      }
    } else if (content !== null && textOf(content) !== null) addText(roleName, content, false);
    else if (memberOf(item, 'tool_calls') !== null || memberOf(item, 'function_call') !== null) {
      report('information', `${name} calls tools: it is left out of what is scored`, item);
    } else report('error', `${name} has no \`content\``, content ?? item);
  }
  return { parts, problems };
}
