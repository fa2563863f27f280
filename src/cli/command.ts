import type { JobContext } from '../core/jobContext';
import type { Terminal } from './terminal';

/** Exit statuses of the command-line contract. */
export const exitStatus = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;
export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

/** One option: how it is written in the help, and what its text means. */
export interface OptionSpec<Value> {
  readonly kind: 'flag' | 'value';
  readonly summary: string;
  /** What stands for the value in the help, such as `N`. */
  readonly placeholder?: string | undefined;
  /** The value in force when the option is not given. */
  readonly fallback: Value;
  /** Whether the help names the fallback. */
  readonly showsDefault: boolean;
  readonly isRequired: boolean;
  /**
   * @param before what the option has said so far: the fallback, unless it is given several times.
   * @throws OptionProblem when the text does not fit.
   */
  parse(text: string, before: Value): Value;
}

/** Why a value does not fit: "is not a number". */
export class OptionProblem extends Error {}

export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;
export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer Value> ? Value : never;
};

export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly isRequired: boolean;
  readonly isRepeated: boolean;
  /** The only texts that it may be. */
  readonly choices?: readonly string[];
}

/** A command as it was called. */
export interface CommandCall<Specs extends OptionSpecs> {
  readonly positionals: readonly string[];
  readonly options: OptionValues<Specs>;
  readonly terminal: Terminal;
  readonly context: JobContext;
}

export interface CommandDefinition<Specs extends OptionSpecs> {
  readonly name: string;
  readonly summary: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: Specs;
  /** Lines at the end of the help. */
  readonly notes?: readonly string[];
  /** @returns the exit status; failures may also be thrown. */
  run(call: CommandCall<Specs>): Promise<ExitStatus>;
}

/** A row of the command table. */
export type Command = CommandDefinition<OptionSpecs>;

/** Checks the run function of a row against its options. */
export function defineCommand<Specs extends OptionSpecs>(definition: CommandDefinition<Specs>): Command {
  return definition;
}
