import type { MapCell } from '../../core/merging/plan/weightMap';
import type { LayerDifference, WeightDifference } from '../../core/merging/weightDifference';
import type { TensorGroup } from '../../core/merging/plan/mergePlan';
import type { DifferenceView } from '../../protocol/mergePreviewView';

const order: readonly TensorGroup[] = ['embedding', 'attention', 'mlp', 'norm', 'other', 'finalNorm', 'head'];

/** What a comparison has said so far, as the page draws it; layers that are not done yet are empty. */
export function differenceView(
  names: { readonly first: string; readonly second: string },
  layers: readonly LayerDifference[],
): DifferenceView {
  const inner = layers.filter(({ layer }) => layer !== null);
  const outer = layers.filter(({ layer }) => layer === null);
  const layerCount = inner.reduce((count, { layer }) => Math.max(count, (layer ?? 0) + 1), 0);
  const layerGroups = groupsOf(inner);
  const outerGroups = groupsOf(outer);
  const byLayer = new Map(inner.map((layer) => [layer.layer, layer]));
  const measure = (
    name: DifferenceView['measures'][number]['name'],
    of: (difference: WeightDifference) => number | null,
  ): DifferenceView['measures'][number] => {
    const cellOf = (layer: LayerDifference | undefined, group: TensorGroup): MapCell => {
      const found = layer?.groups.find((part) => part.group === group);
      return found === undefined ? null : of(found);
    };
    return {
      name,
      layers: layerGroups.map((group) =>
        Array.from({ length: layerCount }, (_, layer) => cellOf(byLayer.get(layer), group)),
      ),
      outside: outerGroups.map((group) => cellOf(outer.find(hasGroup(group)), group)),
    };
  };
  return {
    ...names,
    ...{ layerCount, layerGroups, outerGroups },
    measures: [
      measure('relativeL2', ({ relativeL2 }) => relativeL2),
      measure('cosine', ({ cosine }) => cosine),
      measure('changed', ({ changedShare }) => changedShare),
    ],
  };
}

function groupsOf(layers: readonly LayerDifference[]): readonly TensorGroup[] {
  return order.filter((group) => layers.some(hasGroup(group)));
}

function hasGroup(group: TensorGroup): (layer: LayerDifference) => boolean {
  return ({ groups }) => groups.some((part) => part.group === group);
}
