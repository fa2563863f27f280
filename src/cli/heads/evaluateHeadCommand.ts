import { AlidadeError } from '../../core/alidadeError';
import { countOf } from '../../core/describeQuantity';
import type { GroupingRecipe } from '../../core/training/recipe/headRecipe';
import { evaluateHead } from '../../engine/training/evaluateHead';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import type { headsEvaluateOptions } from './headsOptions';
import { writeEvaluation } from './writeEvaluation';

type Call = CommandCall<typeof headsEvaluateOptions>;

/** `alidade heads evaluate` */
export async function evaluateHeadCommand({ positionals, options, terminal, context }: Call): Promise<ExitStatus> {
  const groups = readGroups(options);
  const [head, ...paths] = positionals;
  const { model, device, dtype, threads, label, threshold, truncate, weights, 'max-tokens': maxTokens } = options;
  let heading = '';
  const evaluation = await evaluateHead(
    {
      head,
      model,
      inputs: paths.length === 0 ? ['-'] : paths,
      standardInput: process.stdin,
      labels: label,
      groups,
      threshold,
      maxTokens,
      truncate,
      weights,
      device,
      dtype,
      threads,
      onModel: (opened) => {
        heading = `${opened.name} with ${opened.head}, on ${opened.device} in ${opened.dtype.toUpperCase()}`;
      },
    },
    context,
  );
  if (options.json) await terminal.writeJson(evaluation);
  else await terminal.write(`${heading}\n\n${writeEvaluation(evaluation)}`);
  for (const warning of evaluation.warnings) terminal.warn(warning);
  const { rows, errors } = evaluation;
  if (errors === 0) return exitStatus.done;
  throw new AlidadeError({
    code: 'row',
    message: `${errors} of ${countOf(rows, 'row')} could not be scored`,
    hint: '`alidade score` says why, row by row',
  });
}

/** @throws AlidadeError `usage` */
function readGroups({ groups, terms }: Call['options']): GroupingRecipe | undefined {
  if (groups !== undefined && terms !== undefined) {
    throw new AlidadeError({
      code: 'usage',
      message: '--groups and --terms exclude each other',
      hint: 'groups are either what a field says, or words of the responses',
    });
  }
  if (groups !== undefined) return { kind: 'field', field: groups };
  if (terms === undefined) return undefined;
  const words = [...new Set(terms.split(',').map((term) => term.trim()))].filter((term) => term !== '');
  if (0 < words.length) return { kind: 'terms', terms: words };
  throw new AlidadeError({ code: 'usage', message: '--terms names no word', hint: 'such as --terms gay,old,muslim' });
}
