import type { ArgumentSpec, Command } from './command';

/** `alidade --help`. */
export function describeProgram(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    'alidade: measures responses along named reward objectives, with models that run on this machine',
    '',
    'Usage: alidade COMMAND [OPTIONS]',
    '',
    ...table(rows),
    '',
    'alidade COMMAND --help says what a command takes; alidade --version prints the version.',
    'Results go to standard output, progress and errors to standard error.',
    'Exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled.',
    '',
  ].join('\n');
}

/** `alidade merge --help`: the commands that begin with a word. */
export function describeGroup(word: string, commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }) => [name, summary] as const);
  return [
    `Usage: alidade ${word} COMMAND [OPTIONS]`,
    '',
    ...table(rows),
    '',
    `alidade ${word} COMMAND --help says what a command takes.`,
    '',
  ].join('\n');
}

/** `alidade COMMAND --help`. */
export function describeCommand(command: Command): string {
  const options = Object.entries(command.options);
  const required = options.filter(([, { isRequired }]) => isRequired);
  const usage = [
    `alidade ${command.name}`,
    ...required.map(([name, { placeholder }]) => `--${name} ${placeholder ?? ''}`),
    ...(required.length < options.length ? ['[OPTIONS]'] : []),
    ...command.arguments.map(writeArgument),
  ].join(' ');
  const optionRows = options.map(([name, spec]) => {
    const left = spec.placeholder === undefined ? `--${name}` : `--${name} ${spec.placeholder}`;
    return [left, spec.showsDefault ? `${spec.summary} (default ${String(spec.fallback)})` : spec.summary] as const;
  });
  const argumentRows = command.arguments.map(({ name, summary }) => [name, summary] as const);
  return [
    `alidade ${command.name}: ${command.summary}`,
    '',
    `Usage: ${usage}`,
    ...(argumentRows.length === 0 ? [] : ['', ...table(argumentRows)]),
    '',
    ...table([...optionRows, ['--help', 'print this text'] as const]),
    ...(command.notes === undefined ? [] : ['', ...command.notes]),
    '',
  ].join('\n');
}

function writeArgument({ name, isRequired, isRepeated }: ArgumentSpec): string {
  const written = isRepeated ? `${name}...` : name;
  return isRequired ? written : `[${written}]`;
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(28, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) =>
    left.length <= width ? `  ${left.padEnd(width)}  ${right}` : `  ${left}\n  ${' '.repeat(width)}  ${right}`,
  );
}
