import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { HeadObjectiveInfo } from '../../src/core/reward/rewardHead';
import { formatNumber } from '../shared/formatNumber';
import type { ComparedObjective } from './comparison';
import type { Shown } from './comparison';
import { strings } from './strings';

const width = 96;
const height = 16;
const margin = 6;

/** The ratings of an objective on its own scale, with its ends: a mark of another shape for each response. */
export function renderRatingScale(
  { name, parts }: ComparedObjective,
  scale: NonNullable<HeadObjectiveInfo['scale']>,
  shown: Shown,
): TemplateResult {
  const [lowest, highest] = scale.ends ?? [scale.min, scale.max];
  const ratings = parts.map(({ rating }) => rating ?? NaN);
  const place = (rating: number): number => {
    const share = (rating - lowest) / (highest - lowest);
    // What lies beyond an end is drawn just beyond it: the number says how far.
    return margin + (width - 2 * margin) * Math.max(-0.04, Math.min(1.04, share));
  };
  const hint = [
    strings.scaleHint(name, String(lowest), String(highest), scale.unit ?? ''),
    ...ratings.map((rating, index) => strings.ratedAs(shown[index].name, formatNumber(rating))),
  ].join('\n');
  return html`<span class="rating" title=${hint}>
    <span class="quiet">${lowest}</span>
    <svg width=${width} height=${height} role="img" aria-label=${hint.replaceAll('\n', ', ')}>
      <line class="rail" x1=${margin} x2=${width - margin} y1=${height / 2} y2=${height / 2}></line>
      ${steps(lowest, highest).map((step) => tick(place(step)))}
      ${ratings.map((rating, index) => (Number.isFinite(rating) ? mark(place(rating), index) : ''))}
    </svg>
    <span class="quiet">${highest}</span>
  </span>`;
}

/** Whole numbers where ratings are given in these; else the ends. */
function steps(lowest: number, highest: number): readonly number[] {
  const count = highest - lowest;
  if (count < 2 || 10 < count || !Number.isInteger(lowest) || !Number.isInteger(highest)) return [lowest, highest];
  return Array.from({ length: count + 1 }, (_, index) => lowest + index);
}

function tick(x: number): SVGTemplateResult {
  return svg`<line class="rail" x1=${x} x2=${x} y1=${height / 2 - 2} y2=${height / 2 + 2}></line>`;
}

/** In the order of the series of the charts: solid disc, hatched (here: striped) diamond, plain square, hollow disc. */
function mark(x: number, index: number): SVGTemplateResult {
  const y = height / 2;
  switch (index % 4) {
    case 0:
      return svg`<circle class="rated solid" cx=${x} cy=${y} r="4"></circle>`;
    case 1:
      return svg`<path class="rated hatched" d="M${x - 5} ${y}L${x} ${y - 5}L${x + 5} ${y}L${x} ${y + 5}Z"></path>`;
    case 2:
      return svg`<rect class="rated plain" x=${x - 3.5} y=${y - 3.5} width="7" height="7"></rect>`;
    default:
      return svg`<circle class="rated hollow" cx=${x} cy=${y} r="4"></circle>`;
  }
}
