import { css, svg, type SVGTemplateResult } from 'lit';
import type { LinearScale } from './linearScale';

/** Lines and numbers of the ticks of a plane: x below it, y to its left and upwards. */
export function renderPlaneAxes(x: LinearScale, y: LinearScale): SVGTemplateResult {
  return svg`<g aria-hidden="true" class="axis">
    ${x.ticks.map(
      (tick) => svg`<line class="tick" x1="${x.position(tick)}%" x2="${x.position(tick)}%" y1="0" y2="100%"></line>
        <text class="x" x="${x.position(tick)}%" y="100%" dy="15">${x.label(tick)}</text>`,
    )}
    ${y.ticks.map(
      (
        tick,
      ) => svg`<line class="tick" x1="0" x2="100%" y1="${100 - y.position(tick)}%" y2="${100 - y.position(tick)}%"></line>
        <text class="y" x="0" dx="-6" y="${100 - y.position(tick)}%" dy="4">${y.label(tick)}</text>`,
    )}
  </g>`;
}

/** A chart gives `svg.plot` its size and the room around it. */
export const planeAxesStyles = css`
  svg.plot {
    display: block;
    overflow: visible;
  }
  .xAxis {
    text-align: end;
    margin-inline-end: 12px;
  }
  .axis text.x {
    text-anchor: middle;
  }
  .axis text.y {
    text-anchor: end;
  }
`;
