import { parseArgs } from 'node:util';
import { AlidadeError } from '../core/alidadeError';
import { OptionProblem, type Command, type OptionSpec } from './command';
import { nearestName } from '../core/nearestName';

export interface ParsedCommandLine {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * The arguments of one command, checked: every option known, with a value where it takes one, every argument there.
 * @throws AlidadeError `usage`
 */
export function parseCommandLine(command: Command, args: readonly string[]): ParsedCommandLine {
  // parseArgs takes the line apart; its own strict mode would refuse `--direction -45`, and knows no near names.
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, { kind }]) => [
        name,
        { type: kind === 'flag' ? 'boolean' : 'string' },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const options: Record<string, unknown> = Object.fromEntries(
    Object.entries(command.options).map(([name, { fallback }]) => [name, fallback]),
  );
  const given = new Set<string>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    options[token.name] = readOption(command, token, options[token.name]);
    given.add(token.name);
  }
  for (const [name, { isRequired, placeholder }] of Object.entries(command.options)) {
    if (isRequired && !given.has(name)) throw usage(command, `--${name} ${placeholder ?? ''} is missing`);
  }
  checkPositionals(command, positionals);
  return { positionals, options };
}

function readOption(
  command: Command,
  token: { readonly name: string; readonly rawName: string; readonly value?: string | undefined },
  before: unknown,
): unknown {
  const { name, rawName, value } = token;
  const spec = Object.hasOwn(command.options, name) ? command.options[name] : undefined;
  if (spec === undefined || !rawName.startsWith('--')) throw unknownOption(command, rawName);
  if (spec.kind === 'flag') {
    if (value !== undefined) throw usage(command, `--${name} takes no value`);
    return true;
  }
  if (value === undefined || looksLikeOption(value, spec, command)) {
    throw usage(command, `--${name} needs a value: --${name} ${spec.placeholder ?? 'VALUE'}`);
  }
  try {
    return spec.parse(value, before);
  } catch (error) {
    if (!(error instanceof OptionProblem)) throw error;
    throw usage(command, `--${name} ${error.message}`);
  }
}

/** `--model --json` has forgotten the value; `--direction -45` has not. */
function looksLikeOption(value: string, _spec: OptionSpec<unknown>, command: Command): boolean {
  if (!value.startsWith('--')) return false;
  return Object.hasOwn(command.options, value.slice(2).split('=')[0] ?? '');
}

function unknownOption(command: Command, rawName: string): AlidadeError {
  const name = rawName.replace(/^-+/, '');
  const near = nearestName(name, [...Object.keys(command.options), 'help']);
  return new AlidadeError({
    code: 'usage',
    message: `alidade ${command.name} has no option ${rawName}`,
    hint: near === null ? `see alidade ${command.name} --help` : `did you mean --${near}?`,
  });
}

function checkPositionals(command: Command, positionals: readonly string[]): void {
  const specs = command.arguments;
  specs.forEach((spec, index) => {
    const value = positionals[index];
    if (value === undefined) {
      if (spec.isRequired) throw usage(command, `${spec.name} is missing`);
      return;
    }
    if (spec.choices === undefined || spec.choices.includes(value)) return;
    const near = nearestName(value, spec.choices) ?? spec.choices.join(', ');
    throw new AlidadeError({
      code: 'usage',
      message: `alidade ${command.name} does not know ${value}`,
      hint: `did you mean ${near}?`,
    });
  });
  if (specs.at(-1)?.isRepeated === true || positionals.length <= specs.length) return;
  throw usage(command, `alidade ${command.name} does not take ${JSON.stringify(positionals[specs.length])}`);
}

function usage(command: Command, message: string): AlidadeError {
  return new AlidadeError({ code: 'usage', message, hint: `see alidade ${command.name} --help` });
}
