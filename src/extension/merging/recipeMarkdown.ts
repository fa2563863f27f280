import { l10n } from 'vscode';
import type { MergePlan } from '../../core/merging/plan/mergePlan';
import { isReadable, type MergeSourceReading } from '../../core/merging/plan/mergeSource';
import { sharesOfModel, type ShareRange } from '../../core/merging/plan/sharesOfModel';
import { describeBytes, describeCount } from '../../core/describeQuantity';
import { escapeMarkdown } from '../reward/scoreMarkdown';

/** More runs of layers are summed up: a hover is read at a glance. */
const mostRuns = 8;

/** What is known of a model that a recipe names. */
export function modelMarkdown(reading: MergeSourceReading): string {
  if (!isReadable(reading)) {
    const { message, hint } = reading.error;
    return [l10n.t('This model cannot be read: {0}', escapeMarkdown(message)), escapeMarkdown(hint ?? '')]
      .filter((line) => line !== '')
      .join('\n\n');
  }
  const { name, path, config, layerCount, tensors, tokenizer, problems } = reading;
  const entries = [...tensors.values()];
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const values = entries.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const dtypes = [...new Set(entries.map(({ dtype }) => dtype))].sort();
  const architectures: unknown = config['architectures'];
  const architecture = Array.isArray(architectures) ? String(architectures[0] ?? '') : '';
  const facts = [
    architecture === '' ? '' : escapeMarkdown(architecture),
    l10n.t('{0} parameters', describeCount(values)),
    l10n.t('{0} layers', layerCount),
    dtypes.join(', '),
    describeBytes(bytes),
    tokenizer === null ? l10n.t('no tokenizer') : l10n.t('{0} tokens', tokenizer.size),
  ].filter((fact) => fact !== '');
  return [`**${escapeMarkdown(name)}**`, facts.join(' · '), ...problems.map(escapeMarkdown), escapeMarkdown(path)].join(
    '\n\n',
  );
}

/** What part of the result a model has, by the plan; null: the plan does not say. */
export function sharesMarkdown(plan: MergePlan, key: string): string | null {
  const shares = sharesOfModel(plan, key);
  if (shares === null) return null;
  const { outside, layers } = shares;
  const runs =
    layers.length <= mostRuns
      ? layers.map(({ first, last, share }) =>
          first === last
            ? l10n.t('layer {0}: {1}', first, percent(share))
            : l10n.t('layers {0}–{1}: {2}', first, last, percent(share)),
        )
      : [
          l10n.t(
            'layers {0}–{1}: {2}',
            layers[0]?.first ?? 0,
            layers.at(-1)?.last ?? 0,
            percent({
              least: Math.min(...layers.map(({ share }) => share.least)),
              most: Math.max(...layers.map(({ share }) => share.most)),
            }),
          ),
        ];
  const others = outside.map(({ group, share }) => `${groupName(group)}: ${percent(share)}`);
  const lines = [...runs, ...others].map((line) => `- ${line}`);
  return `${l10n.t('The share of this model in the result:')}\n\n${lines.join('\n')}`;
}

function percent({ least, most }: ShareRange): string {
  const [low, high] = [least, most].map((share) => String(Number((100 * share).toPrecision(3))));
  return low === high ? `${low} %` : `${low} – ${high} %`;
}

function groupName(group: string): string {
  switch (group) {
    case 'embedding':
      return l10n.t('embeddings');
    case 'finalNorm':
      return l10n.t('final norm');
    case 'head':
      return l10n.t('head');
    default:
      return l10n.t('other tensors');
  }
}
