import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { TensorGroup } from '../../src/core/merging/plan/mergePlan';
import type { MapCell } from '../../src/core/merging/plan/weightMap';
import type { DifferenceView } from '../../src/protocol/mergePreviewView';
import './charts/heatMap';
import type { HeatMapTexts, HeatRow, Shade } from './charts/heatMap';
import { differenceStrings } from './differenceStrings';
import { formatPercent } from './formatPercent';
import type { ChangeEvent } from './kit';
import { pageStyles } from './pageStyles';

type DifferenceMeasure = DifferenceView['measures'][number];

/** How far two models are apart: layers × groups of tensors, in one of three measures. Emits what its heat map emits. */
export class AldDifferenceMap extends LitElement {
  static override properties = {
    difference: { attribute: false },
    measureName: { state: true },
  };

  static override styles = pageStyles;

  difference: DifferenceView | null = null;
  private measureName: DifferenceMeasure['name'] = 'relativeL2';

  protected override render(): TemplateResult | typeof nothing {
    if (this.difference === null) return nothing;
    const { first, second, layerCount, measures } = this.difference;
    const measure = measures.find(({ name }) => name === this.measureName) ?? measures[0];
    if (measure === undefined) return nothing;
    const { shade, texts } = drawnAs(measure);
    return html`<ald-heat-map
      .heading=${differenceStrings.differenceOf(second, first)}
      .hint=${differenceStrings.words[measure.name]}
      .strips=${[{ name: '', rows: rowsOf(this.difference, measure) }]}
      .columns=${layerCount}
      .shade=${shade}
      .texts=${texts}
    >
      <ald-select
        slot="actions"
        .label=${differenceStrings.measure}
        .options=${measures.map(({ name }) => ({ value: name, label: differenceStrings.names[name] }))}
        .value=${measure.name}
        @ald-change=${(event: ChangeEvent) => {
          event.stopPropagation();
          this.measureName = measures.find(({ name }) => name === event.detail.value)?.name ?? 'relativeL2';
        }}
      ></ald-select>
    </ald-heat-map>`;
  }
}

/** Embeddings above the layers, final norm and head below, as a text goes through the model. */
function rowsOf({ layerGroups, outerGroups }: DifferenceView, { layers, outside }: DifferenceMeasure): HeatRow[] {
  const rowOf = (group: TensorGroup, cells: readonly MapCell[]): HeatRow => ({
    name: differenceStrings.groups[group],
    cells,
  });
  const outer = outerGroups.map((group, index) => ({ group, row: rowOf(group, [outside[index] ?? null]) }));
  return [
    ...outer.filter(({ group }) => group === 'embedding').map(({ row }) => row),
    ...layerGroups.map((group, index) => rowOf(group, layers[index] ?? [])),
    ...outer.filter(({ group }) => group !== 'embedding').map(({ row }) => row),
  ];
}

/** The cosine is drawn by how far it is from 1, the others by their size. */
function drawnAs({ name, layers, outside }: DifferenceMeasure): {
  readonly shade: Shade;
  readonly texts: HeatMapTexts;
} {
  const numbers = [...layers.flat(), ...outside].flatMap((cell) => (cell === null ? [] : cell));
  const distance = (value: number): number => (name === 'cosine' ? 1 - value : value);
  const most = numbers.reduce((far, number) => Math.max(far, distance(number)), 0);
  const format = name === 'changed' ? formatPercent : formatFine;
  const end = name === 'cosine' ? 1 - most : most;
  return {
    shade: (value) => (most === 0 ? 0 : distance(value) / most),
    texts: {
      ...differenceStrings.map,
      value: format,
      words: (_strip, _row, cell) => (cell === null ? differenceStrings.map.none : differenceStrings.words[name]),
      low: name === 'cosine' ? '1' : '0',
      high: most === 0 ? '' : format(end),
    },
  };
}

/** Cosines differ in their last digits. */
function formatFine(value: number): string {
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

customElements.define('ald-difference-map', AldDifferenceMap);
