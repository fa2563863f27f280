import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/core/seededRandom';
import type { FeatureMatrix } from '../src/core/training/featureMatrix';
import type { RatedObjective, RatingFit } from '../src/core/training/ratings/ratingFit';
import { splitRatings } from '../src/core/training/ratings/ratingSplit';
import type { RatingsRecipe } from '../src/core/training/recipe/headRecipe';
import { fitRatings } from '../src/engine/training/fitRatings';
import { benchmarkContext } from './support/benchmarkContext';
import { describeMachine } from './support/machine';
import { Peer } from './support/peer';
import { interleave, median, timed, type Times } from './support/stopwatch';
import { printTable } from './support/table';

// ArmoRM's first stage at full size: ridge regression of 19 objectives in five patterns of missing labels, nine penalties,
// chosen on a fifth of the rows. Against scikit-learn on the same arrays in memory, as published (a fit for each objective
// and penalty) and with the objectives of a pattern fitted at once. Predictions are held against a solve in double
// precision.

interface Run extends Times {
  readonly penalties: readonly number[];
}

/** Objectives and share of the rows of each pattern: HelpSteer, UltraFeedback, BeaverTails, the Argilla sets, code. */
const PATTERNS = [
  { objectives: 5, share: 0.4 },
  { objectives: 5, share: 0.25 },
  { objectives: 1, share: 0.15 },
  { objectives: 3, share: 0.125 },
  { objectives: 5, share: 0.075 },
];

const RATINGS: RatingsRecipe = {
  penalties: [1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000, 10_000],
  standardise: false,
  intercept: false,
  selection: { kind: 'validation', share: 0.2 },
  choice: 'best',
  refit: 'training',
};
const SEED = 42;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rows: { type: 'string', default: '20000' },
      columns: { type: 'string', default: '4096' },
      rounds: { type: 'string', default: '1' },
      threads: { type: 'string', default: '1' },
      grouped: { type: 'boolean', default: false },
      folder: { type: 'string' },
    },
  });
  const [rows, columns, threads] = [Number(values.rows), Number(values.columns), Number(values.threads)];
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'alidade-ratings-'));
  mkdirSync(folder, { recursive: true });
  const peer = Peer.startTorch(threads, 'sklearnRidge.py');
  try {
    const features = makeFeatures(rows, columns);
    const patterns = makePatterns(features);
    const version = await load(peer, folder, features, patterns);
    const objectives = patterns.flat();
    let fits: readonly RatingFit[] = [];
    const own = async (): Promise<Run> => {
      const params = { features, objectives, ratings: RATINGS, seed: SEED, threads };
      const { times, value } = await timed(() => fitRatings(params, benchmarkContext));
      fits = value;
      return { ...times, penalties: value.map(({ penalty }) => penalty) };
    };
    const contestants = [
      { name: 'Alidade', run: own },
      { name: `${version}, a pattern at once`, run: () => peer.ask<Run>({ op: 'grouped' }) },
      ...(values.grouped ? [] : [{ name: `${version}, as published`, run: () => peer.ask<Run>({ op: 'published' }) }]),
    ];
    const runs = await interleave(contestants, { rounds: Number(values.rounds), warmUps: 0 });
    const size = `${rows} rows of ${columns}, ${objectives.length} objectives in ${patterns.length} patterns`;
    console.log(`${describeMachine()}; ${size}, ${RATINGS.penalties.length} penalties, ${threads} threads\n`);
    report(runs);
    const largest = await largestDifference(peer, folder, fits);
    console.log(
      `\nlargest difference of a held-out prediction from a solve in double precision: ${largest.toExponential(1)}`,
    );
  } finally {
    peer.stop();
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function report(runs: ReadonlyMap<string, readonly Run[]>): void {
  const [own] = [...runs.values()];
  const rows = [...runs].map(([name, each]) => [
    name,
    median(each.map(({ cpu }) => cpu)).toFixed(1),
    median(each.map(({ wall }) => wall)).toFixed(1),
    median(each.map(({ cpu }, round) => own[round].cpu / cpu)).toFixed(2),
    each.every(({ penalties }) => penalties.every((penalty, index) => penalty === own[0].penalties[index]))
      ? 'yes'
      : 'no',
  ]);
  printTable(['', 'CPU s', 'wall s', 'Alidade’s CPU time by this', 'same penalties'], rows);
}

/** Hidden states have a few columns that are far larger than the rest, and columns that vary together. */
function makeFeatures(rows: number, columns: number): FeatureMatrix & { readonly values: Float32Array } {
  const random = seededRandom(1);
  // The sum of four is normal enough, and much faster than a logarithm.
  const normal = (): number => (random() + random() + random() + random() - 2) * Math.sqrt(3);
  const shared = 32;
  const loadings = Float64Array.from({ length: shared * columns }, () => normal() / Math.sqrt(shared));
  const scales = Float64Array.from({ length: columns }, (_, column) =>
    column % 1000 === 7 ? 30 : (1 + column / 50) ** -0.5,
  );
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const factors = Float64Array.from({ length: shared }, normal);
    for (let column = 0; column < columns; column += 1) {
      const common = factors[column % shared] * loadings[column] * 4;
      values[row * columns + column] = scales[column] * (normal() + common);
    }
  }
  return {
    rows,
    columns,
    values,
    readRows(indices, into) {
      for (let place = 0; place < indices.length; place += 1) {
        into.set(values.subarray(indices[place] * columns, (indices[place] + 1) * columns), place * columns);
      }
    },
  };
}

/** Ratings that are linear up to noise, of which there is more in every next objective. */
function makePatterns({ values, rows, columns }: ReturnType<typeof makeFeatures>): RatedObjective[][] {
  const random = seededRandom(2);
  let from = 0;
  return PATTERNS.map(({ objectives, share }, pattern) => {
    const count = Math.round(share * rows);
    const own = Int32Array.from({ length: count }, (_, index) => from + index);
    from += count;
    return Array.from({ length: objectives }, (_, objective): RatedObjective => {
      const weights = Float64Array.from({ length: columns }, () => (random() - 0.5) / Math.sqrt(columns));
      const targets = Float64Array.from(own, (row) => {
        let sum = 0.5 + (random() - 0.5) * (0.2 + objective);
        for (let column = 0; column < columns; column += 1) sum += values[row * columns + column] * weights[column];
        return sum;
      });
      const groups = Array.from(own, (row) => `prompt-${Math.floor(row / 2)}`);
      return { name: `pattern ${pattern + 1}, objective ${objective + 1}`, kind: 'linear', rows: own, targets, groups };
    });
  });
}

async function load(
  peer: Peer,
  folder: string,
  { values, rows, columns }: ReturnType<typeof makeFeatures>,
  patterns: readonly (readonly RatedObjective[])[],
): Promise<string> {
  const features = join(folder, 'features.f32');
  writeFileSync(features, new Uint8Array(values.buffer));
  const described = patterns.map((objectives, index) => {
    const targets = join(folder, `targets-${index}.f64`);
    writeFileSync(targets, Buffer.concat(objectives.map((objective) => new Uint8Array(objective.targets.buffer))));
    const [{ rows: own, groups }] = objectives;
    const { part } = splitRatings(groups, RATINGS, SEED);
    return { rows: [...own], heldOut: [...own].filter((_, place) => part[place] === 0), targets };
  });
  const answer = await peer.ask<{ version: string }>({
    op: 'load',
    features,
    rows,
    columns,
    patterns: described,
    penalties: RATINGS.penalties,
  });
  return answer.version;
}

async function largestDifference(peer: Peer, folder: string, fits: readonly RatingFit[]): Promise<number> {
  const output = join(folder, 'predictions.f64');
  await peer.ask({ op: 'float64', penalties: fits.map(({ penalty }) => penalty), output });
  const expected = new Float64Array(Uint8Array.from(readFileSync(output)).buffer);
  const found = fits.flatMap(({ heldOut }) => [...heldOut.predictions]);
  return found.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index])), 0);
}

void main();
