import type { Disposable } from 'vscode';
import { commands } from 'vscode';
import type { CommandArguments, CommandId } from './commands';
import { reportError } from './reportError';

/** Registers a command of the table; what it throws is shown to the user. */
export function registerCommand<Id extends CommandId>(
  id: Id,
  run: (...args: CommandArguments[Id]) => unknown,
): Disposable {
  return commands.registerCommand(id, async (...args: CommandArguments[Id]) => {
    try {
      return await run(...args);
    } catch (error) {
      reportError(error);
      return undefined;
    }
  });
}

export async function runCommand<Id extends CommandId>(id: Id, ...args: CommandArguments[Id]): Promise<void> {
  await commands.executeCommand(id, ...args);
}

/** For links in Markdown that trusts this command. */
export function commandUri<Id extends CommandId>(id: Id, ...args: CommandArguments[Id]): string {
  return `command:${id}?${encodeURIComponent(JSON.stringify(args))}`;
}
