import { AlidadeError } from '../core/alidadeError';
import type { JobContext } from '../core/jobContext';
import { exitStatus, type Command, type ExitStatus } from './command';
import { commands, laterCommands } from './commands';
import { describeCommand, describeGroup, describeProgram } from './helpText';
import { nearestName } from '../core/nearestName';
import { parseCommandLine } from './parseCommandLine';
import { reportFailure } from './reportFailure';
import { Terminal } from './terminal';

export interface CommandLineParts {
  readonly args: readonly string[];
  readonly version: string;
  readonly output: NodeJS.WriteStream;
  readonly errors: NodeJS.WriteStream;
  /** Aborted by Ctrl+C, and by `run` itself when nobody reads the output any more. */
  readonly abort: AbortController;
  /** Lines of the log that only help to find mistakes. */
  readonly showsDebug: boolean;
}

/** Runs one command line to its end; never throws. */
export async function runCommandLine(parts: CommandLineParts): Promise<ExitStatus> {
  const { args, output, errors, abort } = parts;
  const beforeDashes = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  const terminal = new Terminal({
    output,
    errors,
    isQuiet: beforeDashes.includes('--quiet'),
    onClosed: () => abort.abort(),
  });
  const isJson = beforeDashes.includes('--json');
  let status: ExitStatus = exitStatus.done;
  try {
    status = await dispatch({ ...parts, terminal, beforeDashes });
  } catch (error) {
    if (!terminal.isClosed) status = reportFailure(error, { terminal, isCancelled: abort.signal.aborted, isJson });
  }
  await terminal.flush();
  if (terminal.failure !== null) status = reportFailure(terminal.failure, { terminal, isCancelled: false, isJson });
  return status;
}

async function dispatch(
  parts: CommandLineParts & { readonly terminal: Terminal; readonly beforeDashes: readonly string[] },
): Promise<ExitStatus> {
  const { args, terminal, version, beforeDashes } = parts;
  const [first, ...rest] = args;
  if (first === undefined) {
    throw new AlidadeError({ code: 'usage', message: 'no command', hint: 'see alidade --help' });
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    await terminal.write(describeProgram(commands));
    return exitStatus.done;
  }
  if (first === '--version') {
    await terminal.write(`${version}\n`);
    return exitStatus.done;
  }
  const asksForHelp = first === 'help' || beforeDashes.includes('--help') || beforeDashes.includes('-h');
  const words = first === 'help' ? rest : args;
  const group = commands.filter(({ name }) => name.startsWith(`${words[0] ?? ''} `));
  if (0 < group.length && asksForHelp && !group.some(({ name }) => name === words.slice(0, 2).join(' '))) {
    await terminal.write(describeGroup(words[0] ?? '', group));
    return exitStatus.done;
  }
  const command = 0 < group.length ? findInGroup(words, group) : findCommand(words[0] ?? '');
  if (asksForHelp) {
    await terminal.write(describeCommand(command));
    return exitStatus.done;
  }
  const { positionals, options } = parseCommandLine(command, args.slice(command.name.split(' ').length));
  return command.run({ positionals, options, terminal, context: createContext(parts) });
}

/** A command of two words, such as `merge plan`. */
function findInGroup([first, second]: readonly string[], group: readonly Command[]): Command {
  const found = group.find(({ name }) => name === `${first} ${second}`);
  if (found !== undefined) return found;
  const known = group.map(({ name }) => name.slice(`${first} `.length));
  const near = second === undefined || second.startsWith('-') ? null : nearestName(second, known);
  throw new AlidadeError({
    code: 'usage',
    message: near === null ? `alidade ${first} needs to know what to do` : `unknown command ${first} ${second}`,
    hint: near === null ? `there are: ${group.map(({ name }) => name).join(', ')}` : `did you mean ${first} ${near}?`,
  });
}

function findCommand(name: string): Command {
  const found = commands.find((command) => command.name === name);
  if (found !== undefined) return found;
  if (laterCommands.includes(name)) {
    const hint = `there are: ${commands.map((command) => command.name).join(', ')}`;
    throw new AlidadeError({ code: 'usage', message: `this version has no alidade ${name} yet`, hint });
  }
  const isFlag = name.startsWith('-');
  const known = isFlag ? ['--help', '--version'] : commands.map((command) => command.name);
  const near = nearestName(name, known);
  throw new AlidadeError({
    code: 'usage',
    message: `unknown ${isFlag ? 'option' : 'command'} ${name}`,
    hint: near === null ? 'see alidade --help' : `did you mean ${near}?`,
  });
}

function createContext({
  terminal,
  abort,
  showsDebug,
}: Pick<CommandLineParts, 'abort' | 'showsDebug'> & { readonly terminal: Terminal }): JobContext {
  return {
    signal: abort.signal,
    progress: (progress) => terminal.showProgress(progress),
    logger: {
      debug: (message) => {
        if (showsDebug) terminal.log(message);
      },
      info: (message) => terminal.log(message),
      warn: (message) => terminal.warn(message),
      error: (message) => terminal.fail(message),
    },
  };
}
