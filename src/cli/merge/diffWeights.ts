import type { LayerDifference, WeightComparison, WeightDifference } from '../../core/merging/weightDifference';
import { tensorGroups } from '../../core/merging/plan/tensorPlace';
import { compareWeights } from '../../engine/merging/compareWeights';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import { describeCount } from '../../core/describeQuantity';
import type { listOptions } from '../options';
import { writeTable } from '../writeTable';

/** `alidade merge diff` */
export async function diffWeights({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof listOptions>): Promise<ExitStatus> {
  const [first, second] = positionals;
  const comparison = await compareWeights({ first, second, cwd: process.cwd() }, context);
  if (comparison.layers.length === 0)
    terminal.warn('the two have no tensor of the same name, shape and kind in common');
  if (options.json) await terminal.writeJson(comparison);
  else await terminal.write(`${describe(comparison)}\n`);
  return exitStatus.done;
}

const mostTensors = 10;
const mostUncompared = 10;

function describe({ first, second, total, layers, uncompared }: WeightComparison): string {
  const header = ['layer', 'values', 'cosine', '|a-b|/|a|', 'changed'];
  const present = new Set(layers.flatMap((layer) => layer.groups.map(({ group }) => group)));
  const groups = tensorGroups.filter((group) => present.has(group));
  const rows = [
    ...layers.map((layer) => [
      layer.layer === null ? 'outside' : String(layer.layer),
      ...figures(layer),
      ...groups.map((group) => relativeOf(layer, group)),
    ]),
    ['all', ...figures(total)],
  ];
  const right = [...header, ...groups].map((_, column) => column);
  return [
    `a: ${first.name} (${first.path})`,
    `b: ${second.name} (${second.path})`,
    '',
    writeTable([[...header, ...groups], ...rows], { right }),
    '',
    'Under the names of groups: |a-b|/|a| of their tensors.',
    ...describeTensors(layers),
    ...describeUncompared(uncompared),
  ].join('\n');
}

function figures({ values, cosine, relativeL2, changedShare }: WeightDifference): string[] {
  return [describeCount(values), number(cosine, 6), number(relativeL2, 4), `${(100 * changedShare).toFixed(2)} %`];
}

function relativeOf(layer: LayerDifference, group: string): string {
  const found = layer.groups.find((other) => other.group === group);
  return found === undefined ? '' : number(found.relativeL2, 4);
}

function number(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

/** The tensors that differ most. */
function describeTensors(layers: readonly LayerDifference[]): string[] {
  const tensors = layers
    .flatMap((layer) => layer.tensors)
    .filter(({ changed }) => 0 < changed)
    .sort((a, b) => (b.relativeL2 ?? Infinity) - (a.relativeL2 ?? Infinity))
    .slice(0, mostTensors)
    .map((tensor) => [tensor.name, tensor.shape.join('×'), ...figures(tensor)]);
  if (tensors.length === 0) return [];
  const header = ['differ most', 'shape', 'values', 'cosine', '|a-b|/|a|', 'changed'];
  return ['', writeTable([header, ...tensors], { right: [1, 2, 3, 4, 5] })];
}

const reasons = {
  shape: 'of another shape',
  dtype: 'of a kind that is not read',
  onlyInFirst: 'only in a',
  onlyInSecond: 'only in b',
} as const;

function describeUncompared(uncompared: WeightComparison['uncompared']): string[] {
  return (Object.keys(reasons) as (keyof typeof reasons)[]).flatMap((reason) => {
    const found = uncompared.filter((tensor) => tensor.reason === reason);
    if (found.length === 0) return [];
    const rows = found.slice(0, mostUncompared).map(({ name, detail }) => [name, detail]);
    const rest = found.length - rows.length;
    const title = `not compared, ${reasons[reason]}`;
    return ['', writeTable([[title], ...rows]), ...(0 < rest ? [`and ${rest} more (--json lists them)`] : [])];
  });
}
