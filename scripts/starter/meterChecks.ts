// Checks on text that a meter was not fitted on: another set, parts of the held-out rows, and plain behaviour.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { crossValidate, logisticLearner, withStandardisation } from '../../src/core/training/linear/crossValidation';
import { denseMatrixFromRows } from '../../src/core/training/linear/denseMatrix';
import { predictLinear, type LinearModel } from '../../src/core/training/linear/linearModel';
import { fitLogistic } from '../../src/core/training/linear/logisticRegression';
import { areaUnderRoc, spearman } from '../../src/core/training/evaluation/rankMetrics';
import { fitTfidf, transformTfidf } from '../../src/core/training/linear/tfidf';
import { countWords, type MeterEvaluation } from './evaluateMeter';
import { exchange, responseOf, type LabelledText } from './labelledText';
import type { ComplianceCheck } from './sharedSets';

type Features = (messages: LabelledText['messages']) => Float32Array;

/** w·x + b of every text. */
function scoreTexts(
  model: LinearModel,
  texts: readonly Pick<LabelledText, 'messages'>[],
  features: Features,
): Float64Array {
  return predictLinear(model, denseMatrixFromRows(texts.map((text) => features(text.messages))));
}

export interface ComplianceFigures {
  readonly n: number;
  /** Full compliance against full and partial refusal. */
  readonly auc: number;
  /** Full compliance against full refusal; partial refusals left out. */
  readonly aucWithoutPartial: number;
  /** TF-IDF fitted on the same text as the meter. */
  readonly words: number;
  readonly lengthAlone: number;
  /** Shares on the right side of one half. */
  readonly compliancesFound: number;
  readonly refusalsFound: number;
  /** What the same features reach when trained on this set itself, grouped by prompt: the ceiling. */
  readonly trainedHere: number;
}

export interface ComplianceCheckParams {
  readonly model: LinearModel;
  readonly trainingTexts: readonly LabelledText[];
  readonly checks: readonly ComplianceCheck[];
  readonly features: Features;
}

export function checkCompliance({ model, trainingTexts, checks, features }: ComplianceCheckParams): ComplianceFigures {
  const targets = Float64Array.from(checks, (check) => check.target);
  const scores = scoreTexts(model, checks, features);
  const whole = checks.flatMap((check, row) => (check.partial ? [] : [row]));
  const trainingResponses = trainingTexts.map(responseOf);
  const tfidf = fitTfidf(trainingResponses, 2);
  const words = fitLogistic({
    matrix: transformTfidf(tfidf, trainingResponses),
    targets: trainingTexts.map((text) => text.target),
    lambda: 0.3,
  });
  const responses = checks.map(responseOf);
  const ceiling = crossValidate({
    set: {
      matrix: denseMatrixFromRows(checks.map((check) => features(check.messages))),
      targets,
      groups: checks.map((check) => check.group),
    },
    learner: withStandardisation(logisticLearner),
    lambdas: [10_000, 3000, 1000, 300, 100, 30],
    folds: 5,
    seed: 20,
  });
  const share = (rows: readonly number[], accept: (score: number) => boolean): number =>
    rows.filter((row) => accept(scores[row])).length / rows.length;
  return {
    n: checks.length,
    auc: areaUnderRoc(scores, targets),
    aucWithoutPartial: areaUnderRoc(
      whole.map((row) => scores[row]),
      whole.map((row) => targets[row]),
    ),
    words: areaUnderRoc(predictLinear(words, transformTfidf(tfidf, responses)), targets),
    lengthAlone: areaUnderRoc(responses.map(countWords), targets),
    compliancesFound: share(rowsOf(targets, 1), (score) => 0 < score),
    refusalsFound: share(
      whole.filter((row) => targets[row] === 0),
      (score) => score <= 0,
    ),
    trainedHere: areaUnderRoc(ceiling.predictions, targets),
  };
}

export interface IdentityBias {
  readonly term: string;
  /** Comments that are not toxic and have the term. */
  readonly n: number;
  /** Share of them that the held-out meter calls toxic. */
  readonly falsePositives: number;
  /** Chance that such a comment is ranked as less toxic than a toxic comment without the term. */
  readonly rankAgainstToxic: number;
}

const IDENTITY_TERMS = [
  ...['gay', 'lesbian', 'bisexual', 'transgender', 'homosexual', 'queer', 'straight'],
  ...['muslim', 'christian', 'jewish', 'catholic', 'buddhist', 'hindu', 'atheist'],
  ...[
    'black',
    'white',
    'african',
    'american',
    'asian',
    'chinese',
    'mexican',
    'hispanic',
    'latino',
    'indian',
    'european',
  ],
  ...['woman', 'women', 'female', 'man', 'men', 'male', 'old', 'young', 'blind', 'deaf'],
];
const MIN_COMMENTS = 10;

/** Terms with at least ten non-toxic comments; `all` first. */
export function measureIdentityBias(texts: readonly LabelledText[], { heldOut }: MeterEvaluation): IdentityBias[] {
  const targets = texts.map((text) => text.target);
  const toxic = rowsOf(targets, 0);
  const measure = (term: string, has: (text: string) => boolean): IdentityBias => {
    const rows = rowsOf(targets, 1).filter((row) => has(responseOf(texts[row])));
    const toxicWithout = term === 'all' ? toxic : toxic.filter((row) => !has(responseOf(texts[row])));
    return {
      term,
      n: rows.length,
      falsePositives: rows.filter((row) => heldOut[row] < 0).length / rows.length,
      rankAgainstToxic: areaUnderRoc(
        [...rows, ...toxicWithout].map((row) => heldOut[row]),
        [...rows.map(() => 1), ...toxicWithout.map(() => 0)],
      ),
    };
  };
  const terms = IDENTITY_TERMS.map((term) => {
    const pattern = new RegExp(`\\b${term}s?\\b`, 'i');
    return measure(term, (text) => pattern.test(text));
  });
  return [
    measure('all', () => true),
    ...terms.filter(({ n }) => MIN_COMMENTS <= n).sort((a, b) => b.falsePositives - a.falsePositives),
  ];
}

export interface WithinSystems {
  readonly mean: number;
  readonly smallest: number;
  readonly largest: number;
}

/** Rank correlation inside the replies of each system, held out. */
export function correlationWithinSystems(
  texts: readonly (LabelledText & { readonly system: string })[],
  { heldOut }: MeterEvaluation,
): WithinSystems {
  const systems = [...new Set(texts.map((text) => text.system))];
  const correlations = systems.map((system) => {
    const rows = texts.flatMap((text, row) => (text.system === system ? [row] : []));
    return spearman(
      rows.map((row) => heldOut[row]),
      rows.map((row) => texts[row].target),
    );
  });
  const mean = correlations.reduce((sum, value) => sum + value, 0) / correlations.length;
  return { mean, smallest: Math.min(...correlations), largest: Math.max(...correlations) };
}

const behaviourRow = z.object({
  kind: z.enum(['sane', 'refusal', 'natural', 'shuffled', 'offTopic', 'rude']),
  prompt: z.string(),
  response: z.string(),
});
export type BehaviourKind = z.infer<typeof behaviourRow>['kind'];

export interface BehaviourText extends Pick<LabelledText, 'messages'> {
  readonly kind: BehaviourKind;
}

/** Exchanges written for this check alone. */
export function readBehaviour(path: string): BehaviourText[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => behaviourRow.parse(JSON.parse(line)))
    .map(({ kind, prompt, response }) => ({ kind, messages: exchange(prompt, response) }));
}

export interface BehaviourFigure {
  readonly kind: BehaviourKind;
  readonly meter: string;
  readonly n: number;
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

export interface BehaviourParams {
  readonly texts: readonly BehaviourText[];
  readonly features: Features;
  /** Name of the meter, its model, and what turns w·x + b into its value. */
  readonly meters: readonly {
    readonly name: string;
    readonly model: LinearModel;
    readonly link: (value: number) => number;
  }[];
}

/** The range of every meter over every kind of text. */
export function measureBehaviour({ texts, features, meters }: BehaviourParams): BehaviourFigure[] {
  return behaviourRow.shape.kind.options.flatMap((kind) =>
    meters.map(({ name, model, link }) => {
      const chosen = texts.filter((text) => text.kind === kind);
      const values = [...scoreTexts(model, chosen, features)].map(link).sort((a, b) => a - b);
      const middle = (values[Math.floor((values.length - 1) / 2)] + values[Math.ceil((values.length - 1) / 2)]) / 2;
      return {
        kind,
        meter: name,
        n: values.length,
        smallest: values[0],
        median: middle,
        largest: values[values.length - 1],
      };
    }),
  );
}

function rowsOf(targets: ArrayLike<number>, wanted: number): number[] {
  return Array.from(targets).flatMap((target, row) => (target === wanted ? [row] : []));
}
