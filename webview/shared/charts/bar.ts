import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';

/** `bySign`: positive values are solid, negative ones hatched. `plain`: one quiet colour. */
export type BarMark = 'solid' | 'hatched' | 'bySign' | 'plain' | 'hollow';

export interface BarParams {
  readonly x: string;
  readonly width: string;
  readonly y: number | string;
  readonly height: number | string;
  readonly mark: BarMark;
  readonly value: number;
}

/** A bar; needs `hatchPattern()` in the same tree. */
export function bar({ x, width, y, height, mark, value }: BarParams): SVGTemplateResult {
  const kind = mark === 'bySign' ? (value < 0 ? 'hatched' : 'solid') : mark;
  return svg`<rect class="bar ${kind}" fill=${kind === 'hatched' ? 'url(#hatch)' : nothing}
    x=${x} y=${y} width=${width} height=${height} rx="1"></rect>`;
}

export function hatchPattern(): SVGTemplateResult {
  return svg`<defs>
    <pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-ground" width="5" height="5"></rect>
      <line class="hatch-line" x1="1" y1="0" x2="1" y2="5"></line>
    </pattern>
  </defs>`;
}

/** Which bars are whose; none where there is one series. */
export function renderSeriesLegend(
  series: readonly { readonly name: string; readonly mark: BarMark }[],
): TemplateResult | typeof nothing {
  if (series.length < 2) return nothing;
  return html`<div class="legend" aria-hidden="true">
    ${series.map(({ name, mark }) => html`<span>${renderKey(mark)}${name}</span>`)}
  </div>`;
}

function renderKey(mark: BarMark): TemplateResult {
  return html`<svg width="14" height="10">${bar({ x: '1', width: '12', y: 1, height: 8, mark, value: 1 })}</svg>`;
}
