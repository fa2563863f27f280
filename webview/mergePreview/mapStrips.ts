import { shareMeasure, type MapCell, type MapMeasure, type WeightMap } from '../../src/core/merging/plan/weightMap';
import type { SlidersView, StageView } from '../../src/protocol/mergePreviewView';
import type { HeatMapTexts, HeatRow, HeatStrip, Shade } from '../shared/charts/heatMap';
import { formatNumber } from '../shared/formatNumber';
import { formatRatio } from './formatRatio';
import { strings } from './strings';

/** The heat map of a stage: a strip a model, named by its part in RLHF where the recipe has one. */
export function stageStrips(stage: StageView, measure: MapMeasure, sliders: SlidersView | null): readonly HeatStrip[] {
  return measure.strips.map(({ model, layers, outside }) => {
    const source = model === null ? undefined : stage.models[model];
    return {
      name: source === undefined ? strings.ofMethod(stage.method) : partName(source.name, sliders),
      ...(source === undefined ? {} : { hint: source.path }),
      rows: rowsOf(stage.map, layers, outside),
    };
  });
}

function partName(model: string, sliders: SlidersView | null): string {
  if (sliders === null || sliders.before === sliders.after) return model;
  if (model === sliders.before) return strings.before(model);
  return model === sliders.after ? strings.after(model) : model;
}

/** Embeddings above the layers, final norm and head below, as a text goes through the model. */
function rowsOf(
  { layerGroups, outerGroups }: Pick<WeightMap, 'layerGroups' | 'outerGroups'>,
  layers: readonly (readonly MapCell[])[],
  outside: readonly MapCell[],
): readonly HeatRow[] {
  const outer = outerGroups.map((group, index) => ({
    group,
    row: { name: strings.groups[group], cells: [outside[index] ?? null] },
  }));
  return [
    ...outer.filter(({ group }) => group === 'embedding').map(({ row }) => row),
    ...layerGroups.map((group, index) => ({ name: strings.groups[group], cells: layers[index] ?? [] })),
    ...outer.filter(({ group }) => group !== 'embedding').map(({ row }) => row),
  ];
}

/** Shares and most parameters lie between 0 and 1; where they do not, the largest is the full colour. */
export function shadeOf(measure: MapMeasure): { readonly shade: Shade; readonly low: string; readonly high: string } {
  const cells = measure.strips.flatMap(({ layers, outside }) => [...layers.flat(), ...outside]);
  const numbers = cells.flatMap((cell) => (cell === null ? [] : cell));
  const high = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
  return { shade: (value) => value / high, low: '0', high: formatShown(high) };
}

export function stageTexts(measure: MapMeasure): HeatMapTexts {
  const { low, high } = shadeOf(measure);
  return {
    ...mapTexts,
    ...{ low, high, value: formatShown },
    words: (_strip, _row, cell) => {
      if (cell === null) return strings.absentWords;
      const words = measure.name === shareMeasure ? strings.shareWords : strings.parameterWords(measure.name);
      return typeof cell === 'number' ? words : `${words}. ${strings.severalWords}.`;
    },
  };
}

const mapTexts: Omit<HeatMapTexts, 'low' | 'high' | 'value' | 'words'> = {
  stripColumn: strings.source,
  rowColumn: strings.tensorGroup,
  placeColumn: strings.layer,
  valueColumn: strings.value,
  place: strings.place,
  whole: strings.outside,
  range: strings.range,
  none: strings.noPart,
};

function formatShown(value: number): string {
  return Math.abs(value) < 10 && 0.00005 <= Math.abs(value)
    ? formatRatio(value)
    : value === 0
      ? '0.00'
      : formatNumber(value);
}
