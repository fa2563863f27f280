import { shareMeasure, type MapCell, type MapMeasure, type WeightMap } from '../../src/core/merging/weightMap';
import type { DifferenceView, SlidersView, StageView } from '../../src/protocol/mergePreviewView';
import type { HeatMapTexts, HeatRow, HeatStrip, Shade } from '../shared/charts/heatMap';
import { formatNumber } from '../shared/formatNumber';
import { formatPercent } from '../shared/formatPercent';
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
export function rowsOf(
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

type DifferenceMeasure = DifferenceView['measures'][number];

/** The cosine is drawn by how far it is from 1, the others by their size. */
export function differenceMap(measure: DifferenceMeasure): { readonly shade: Shade; readonly texts: HeatMapTexts } {
  const { name, layers, outside } = measure;
  const numbers = [...layers.flat(), ...outside].flatMap((cell) => (cell === null ? [] : cell));
  const distance = (value: number): number => (name === 'cosine' ? 1 - value : value);
  const most = numbers.reduce((far, number) => Math.max(far, distance(number)), 0);
  const format = name === 'changed' ? formatPercent : formatFine;
  const end = name === 'cosine' ? 1 - most : most;
  return {
    shade: (value) => (most === 0 ? 0 : distance(value) / most),
    texts: {
      ...mapTexts,
      value: format,
      words: (_strip, _row, cell) => (cell === null ? strings.noPart : strings.differenceWords[name]),
      low: name === 'cosine' ? '1' : '0',
      high: most === 0 ? '' : format(end),
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

/** Cosines differ in their last digits. */
function formatFine(value: number): string {
  return String(Number(value.toPrecision(6))).replace('-', '−');
}
