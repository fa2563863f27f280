import { l10n } from 'vscode';
import { describeDtype } from '../../core/reward/describeDtype';
import type { GatedObjective, PromptProfile } from '../../core/reward/promptProfile';
import { formatSigned } from '../reward/formatNumber';
import { escapeMarkdown } from '../reward/scoreMarkdown';
import type { EarlierProfile } from './promptProfiles';

const mainObjectives = 5;
const movedObjectives = 3;
/** Changes of a coefficient below this are rounding. */
const leastChange = 5e-5;

/** What a reward model will weigh for a prompt, and how that differs from an earlier version of it, as Markdown. */
export function profileMarkdown(profile: PromptProfile, earlier: EarlierProfile | null): string {
  const { objectives, model, tokens } = profile;
  const footer = [
    l10n.t('{0} tokens', tokens),
    escapeMarkdown(model.name),
    escapeMarkdown(describeDtype(model)),
    model.device,
  ].join(' · ');
  if (objectives === null) {
    const names = model.objectives.slice(0, 2 * mainObjectives).map(({ name }) => escapeMarkdown(name));
    const more = model.objectives.length - names.length;
    const measured = [...names, ...(0 < more ? [l10n.t('and {0} more', more)] : [])].join(', ');
    return [l10n.t('Measures {0}. The weights do not depend on the prompt.', measured), footer].join('\n\n');
  }
  const main = [...objectives].sort(byCoefficient).slice(0, mainObjectives);
  const rest = objectives.length - main.length;
  const difference = earlier === null ? null : differenceMarkdown(objectives, earlier);
  return [
    table(
      l10n.t('What a response will be weighed by'),
      l10n.t('Coefficient'),
      main.map(({ name, coefficient }) => ({ name, value: coefficient })),
    ),
    ...(rest === 0 ? [] : [l10n.t('and {0} more', rest)]),
    ...(difference === null ? [] : [difference]),
    footer,
  ].join('\n\n');
}

function differenceMarkdown(objectives: readonly GatedObjective[], { profile, name }: EarlierProfile): string {
  const before = new Map((profile.objectives ?? []).map((objective) => [objective.name, objective.coefficient]));
  const moved = objectives
    .map((objective) => ({ name: objective.name, value: objective.coefficient - (before.get(objective.name) ?? 0) }))
    .filter(({ value }) => leastChange <= Math.abs(value))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, movedObjectives);
  if (moved.length === 0) return l10n.t('The weights are those of {0}.', name);
  return table(l10n.t('Differs from {0} by', name), l10n.t('Change'), moved);
}

function byCoefficient(left: GatedObjective, right: GatedObjective): number {
  return Math.abs(right.coefficient) - Math.abs(left.coefficient);
}

function table(
  title: string,
  column: string,
  rows: readonly { readonly name: string; readonly value: number }[],
): string {
  const lines = rows.map(({ name, value }) => `| ${escapeMarkdown(name)} | \`${formatSigned(value)}\` |`);
  return [`| ${escapeMarkdown(title)} | ${column} |`, '| :-- | --: |', ...lines].join('\n');
}
