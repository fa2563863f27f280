import { dirname, resolve } from 'node:path';
import { AlidadeError } from '../../core/alidadeError';
import { describeDuration } from '../../core/describeQuantity';
import type { HeadRecipe } from '../../core/training/recipe/headRecipe';
import { parseHeadRecipe } from '../../core/training/recipe/parseHeadRecipe';
import { readSmallFile } from '../../engine/checkpoint/readSmallFile';
import { lineOf } from '../../engine/merging/planRecipeText';
import { cardOf, trainHead } from '../../engine/training/trainHead';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { Terminal } from '../terminal';
import type { headsTrainOptions } from './headsOptions';
import { writeTraining } from './writeTraining';

/** Bytes. */
const maximumRecipeLength = 4_000_000;

/** `alidade heads train` */
export async function trainHeadCommand(call: CommandCall<typeof headsTrainOptions>): Promise<ExitStatus> {
  const { positionals, options, terminal, context } = call;
  const [path] = positionals;
  const recipe = await readRecipe(path, terminal);
  const { output, card = cardOf(output), data, features, resume, force, device, dtype, threads } = options;
  const began = performance.now();
  const report = await trainHead(
    {
      recipe,
      folders: [dirname(path), ...data].map((folder) => resolve(folder)),
      output: resolve(output),
      card: resolve(card),
      resume,
      force,
      features: features === undefined ? undefined : resolve(features),
      device,
      dtype,
      threads,
      version: process.env['ALIDADE_VERSION'] ?? '',
    },
    context,
  );
  if (options.json) await terminal.writeJson(report);
  else await terminal.write(writeTraining(report));
  for (const warning of report.warnings) terminal.warn(warning);
  const seconds = (performance.now() - began) / 1000;
  terminal.log(`${output} is there, with its card ${card}, in ${describeDuration(seconds)}`);
  return exitStatus.done;
}

/** @throws AlidadeError `recipe` with all errors, each with its line; `not_found`. */
async function readRecipe(path: string, terminal: Terminal): Promise<HeadRecipe> {
  const bytes = await readSmallFile({ path, most: maximumRecipeLength });
  if (bytes === null) throw new AlidadeError({ code: 'not_found', message: `${path} does not exist` });
  const text = new TextDecoder().decode(bytes);
  const { recipe, problems } = parseHeadRecipe(text);
  const describe = (problem: (typeof problems)[number]): string =>
    `${path}:${lineOf(text, problem)}: ${problem.message}`;
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of problems) if (problem.severity === 'warning') terminal.warn(describe(problem));
  if (recipe !== null) return recipe;
  for (const error of errors.slice(0, -1)) terminal.fail(describe(error));
  const last = errors.at(-1);
  throw new AlidadeError({ code: 'recipe', message: last === undefined ? `${path} has no recipe` : describe(last) });
}
