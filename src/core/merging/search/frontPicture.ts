import { countOf } from '../../describeQuantity';
import { onFront } from './paretoFront';
import { bestTrial, type RatioTrial } from './ratioTrial';

interface Dot {
  readonly trial: RatioTrial;
  readonly x: number;
  readonly y: number;
  readonly isOnFront: boolean;
}

const [width, height] = [640, 420];
const margin = { left: 72, right: 24, top: 52, bottom: 56 };

/**
 * The trials on the plane of reward (up) and perplexity (right) as SVG: legible alone, in light and dark surroundings, and
 * to screen readers; each point says its ratios when it is pointed at. Empty axes where there is nothing to draw.
 */
export function frontPicture(trials: readonly RatioTrial[]): string {
  const front = onFront(trials);
  const dots = trials.flatMap((trial, index): readonly Dot[] => {
    const { reward, nll, tokens } = trial;
    if (reward === null || nll === null || tokens === 0) return [];
    return [{ trial, x: Math.exp(nll / tokens), y: reward, isOnFront: front[index] === true }];
  });
  const across = axis(dots.map(({ x }) => x));
  const up = axis(dots.map(({ y }) => y));
  const left = (value: number): number => margin.left + across.place(value) * (width - margin.left - margin.right);
  const top = (value: number): number =>
    height - margin.bottom - up.place(value) * (height - margin.top - margin.bottom);
  const best = bestTrial(dots.map(({ trial }) => trial));
  const line = dots.filter(({ isOnFront }) => isOnFront).sort((one, other) => one.x - other.x);
  const path = line.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${round(left(x))} ${round(top(y))}`).join('');
  const title = 'Reward and perplexity of merged models';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${title}</title>`,
    `<desc id="description">${escapeXml(describe(dots, best))}</desc>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    `<text class="heading" x="${margin.left}" y="24">${title}</text>`,
    `<text x="${margin.left}" y="41">up and left is better; the line joins those that no other beats in both</text>`,
    ...across.ticks.map(
      ({ value, text }) =>
        `<path class="grid" d="M${round(left(value))} ${margin.top}V${height - margin.bottom}"/><text class="middle" x="${round(left(value))}" y="${height - margin.bottom + 18}">${text}</text>`,
    ),
    ...up.ticks.map(
      ({ value, text }) =>
        `<path class="grid" d="M${margin.left} ${round(top(value))}H${width - margin.right}"/><text class="end" x="${margin.left - 8}" y="${round(top(value) + 4)}">${text}</text>`,
    ),
    `<text class="middle" x="${(margin.left + width - margin.right) / 2}" y="${height - 12}">perplexity (forgetting)</text>`,
    `<text class="middle" transform="translate(16 ${(margin.top + height - margin.bottom) / 2}) rotate(-90)">reward</text>`,
    ...(path === '' ? [] : [`<path class="front" d="${path}"/>`]),
    ...dots.map(({ trial, x, y, isOnFront }) => {
      const [cx, cy] = [round(left(x)), round(top(y))];
      const ring = trial === best ? `<circle class="best" cx="${cx}" cy="${cy}" r="9"/>` : '';
      // Shape says what colour says.
      const shape = isOnFront
        ? `<path class="on" d="M${cx} ${round(cy - 6)}L${round(cx + 6)} ${cy}L${cx} ${round(cy + 6)}L${round(cx - 6)} ${cy}Z"/>`
        : `<circle class="off" cx="${cx}" cy="${cy}" r="4"/>`;
      return `<g>${ring}${shape}<title>${escapeXml(describeDot(trial, x))}</title></g>`;
    }),
    '</svg>',
    '',
  ].join('\n');
}

const style = [
  'svg{font:12px system-ui,sans-serif}',
  '.ground{fill:#fff}text{fill:#3b3b3b}.heading{font-size:14px;font-weight:600;fill:#1f1f1f}',
  '.middle{text-anchor:middle}.end{text-anchor:end}.grid{stroke:#e5e5e5;fill:none}',
  '.front{stroke:#005fb8;stroke-width:1.5;fill:none}.on{fill:#005fb8}.off{fill:#fff;stroke:#6b6b6b;stroke-width:1.5}',
  '.best{fill:none;stroke:#005fb8;stroke-width:1.5}',
  '@media (prefers-color-scheme:dark){.ground{fill:#1f1f1f}text{fill:#ccc}.heading{fill:#fff}.grid{stroke:#3a3a3a}',
  '.front,.best{stroke:#4daafc}.on{fill:#4daafc}.off{fill:#1f1f1f;stroke:#9d9d9d}}',
].join('');

function describe(dots: readonly Dot[], best: RatioTrial | null): string {
  const counts = `${countOf(dots.length, 'merged model')}, ${dots.filter(({ isOnFront }) => isOnFront).length} of them on the front.`;
  const found = dots.find(({ trial }) => trial === best);
  return found === undefined ? counts : `${counts} The best of both: ${describeDot(found.trial, found.x)}.`;
}

function describeDot({ ratios, reward }: RatioTrial, perplexity: number): string {
  const shares = `share of the model before RLHF ${ratios.map((ratio) => brief(ratio)).join(', ')}`;
  return `${shares}: reward ${brief(reward ?? NaN)}, perplexity ${brief(perplexity)}`;
}

interface Axis {
  /** From 0 to 1. */
  place(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/** About five round numbers. */
function axis(values: readonly number[]): Axis {
  const [least, most] = values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
  const padding = least === most ? Math.max(Math.abs(least), 1e-3) * 0.05 : 0.06 * (most - least);
  const [start, end] = [least - padding, most + padding];
  const rough = (end - start) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => rough <= factor * power) ?? 10);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(start / step);
  const count = Math.max(0, Math.floor(end / step) - first + 1);
  return {
    place: (value) => (value - start) / (end - start),
    ticks: Array.from({ length: Math.min(count, 12) }, (_, index) => {
      const value = (first + index) * step;
      return { value, text: value.toFixed(Math.min(digits, 12)) };
    }),
  };
}

function brief(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
