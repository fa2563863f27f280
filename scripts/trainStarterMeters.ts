// Trains the starter's meters and writes media/starter/meters.safetensors and MODEL_CARD.md.
//
//   npm run train:starter -- --data DIR [--model M] [--cache FILE]
//
// DIR holds the labelled rows (media/starter/MODEL_CARD.md says which and from where). M is the body: `starter` or the
// path of its file. Features are made once and kept in FILE (out/train/features.bin); the heads then take minutes.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeSafetensors } from '../src/core/checkpoint/writeSafetensors';
import type { JobContext } from '../src/core/jobContext';
import type { HeadFileMetadata, HeadObjective } from '../src/core/reward/headFile';
import { sigmoid } from '../src/core/training/linear/linearModel';
import { makeComplianceText, readOwnAnswers } from './starter/complianceText';
import { evaluateMeter, type MeterEvaluation } from './starter/evaluateMeter';
import { BODY, loadFeatures, POOLING } from './starter/featureCache';
import {
  checkCompliance,
  correlationWithinSystems,
  measureBehaviour,
  measureIdentityBias,
  readBehaviour,
} from './starter/meterChecks';
import { modelCard, type StarterReport } from './starter/modelCard';
import { makeSelfMadeSets, readComplianceCheck, readEngagingness, readToxicity } from './starter/sharedSets';

const root = join(__dirname, '..', '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      model: { type: 'string', default: 'starter' },
      cache: { type: 'string', default: join(root, 'out', 'train', 'features.bin') },
    },
  });
  if (values.data === undefined) {
    console.error('error: --data DIR is missing: the folder with the labelled rows');
    process.exitCode = 2;
    return;
  }
  const data = resolve(values.data);
  const textFolder = join(root, 'scripts', 'starter', 'text');
  const compliance = makeComplianceText(textFolder);
  const checks = readComplianceCheck(data);
  const toxicity = readToxicity(data);
  const { onTopic, fluency } = makeSelfMadeSets({ folder: data, own: readOwnAnswers(textFolder) });
  const engagingness = readEngagingness(data);
  const behaviour = readBehaviour(join(textFolder, 'behaviour.jsonl'));

  const sets = [compliance, checks, toxicity, onTopic, fluency, engagingness, behaviour];
  const conversations = sets.flatMap((texts) => texts.map((text) => text.messages));
  const features = await loadFeatures(
    { model: values.model, cachePath: resolve(values.cache), conversations },
    context(),
  );

  const shared = { features, wordBaseline: 'response' } as const;
  console.error('fitting the meters');
  const evaluations = {
    compliance: evaluateMeter({ ...shared, kind: 'logistic', texts: compliance }),
    'non-toxicity': evaluateMeter({ ...shared, kind: 'logistic', texts: toxicity }),
    'on-topic': evaluateMeter({ ...shared, kind: 'logistic', texts: onTopic, wordBaseline: 'cosine' }),
    fluency: evaluateMeter({ ...shared, kind: 'logistic', texts: fluency }),
    engagingness: evaluateMeter({ ...shared, kind: 'linear', texts: engagingness }),
  };
  const report: StarterReport = {
    evaluations,
    complianceCheck: checkCompliance({
      model: evaluations.compliance.model,
      trainingTexts: compliance,
      checks,
      features,
    }),
    identityBias: measureIdentityBias(toxicity, evaluations['non-toxicity']),
    withinSystems: correlationWithinSystems(engagingness, evaluations.engagingness),
    behaviour: measureBehaviour({
      texts: behaviour,
      features,
      meters: Object.entries(evaluations).map(([name, { model, metric }]) => ({
        name,
        model,
        link: metric === 'AUC' ? sigmoid : (value: number) => value,
      })),
    }),
    complianceRows: {
      answers: compliance.filter(({ target }) => target === 1).length,
      refusals: compliance.filter(({ target }) => target === 0).length,
    },
  };
  const folder = join(root, 'media', 'starter');
  const card = modelCard(report);
  writeFileSync(join(folder, 'meters.safetensors'), headFile(report));
  writeFileSync(join(folder, 'MODEL_CARD.md'), card);
  console.log(card);
}

/** What the meters are, in the order in which they are shown. */
function describeObjectives({ evaluations, complianceCheck, withinSystems }: StarterReport): HeadObjective[] {
  const auc = (name: keyof StarterReport['evaluations']): string => evaluations[name].meter.mean.toFixed(2);
  const chance = { min: 0, max: 1, unit: 'probability' };
  return [
    {
      name: 'verbosity',
      kind: 'computed',
      compute: 'log_tokens',
      scale: { min: 0, max: 13, unit: 'log2 tokens' },
      description: 'Length of the response on a logarithmic scale; computed, not predicted.',
    },
    {
      name: 'compliance',
      kind: 'logistic',
      scale: chance,
      description:
        `Answers the request instead of refusing it, wholly or in part: AUC ${complianceCheck.auc.toFixed(2)} on ` +
        `${complianceCheck.n} XSTest completions, which it was not trained on. Says nothing of whether it should.`,
    },
    {
      name: 'non-toxicity',
      kind: 'logistic',
      scale: chance,
      description: `Free of insults and abuse: AUC ${auc('non-toxicity')} on held-out comments. Too severe on comments that name some identities; see the model card.`,
    },
    {
      name: 'on-topic',
      kind: 'logistic',
      scale: chance,
      description: `Belongs to this prompt rather than to another: AUC ${auc('on-topic')} held out. Blind to errors.`,
    },
    {
      name: 'fluency',
      kind: 'logistic',
      scale: chance,
      description: `Words in a natural order rather than shuffled: AUC ${auc('fluency')} held out. Not style or naturalness.`,
    },
    {
      name: 'engagingness',
      kind: 'linear',
      scale: { min: 1, max: 3, unit: 'rating' },
      description:
        `How engaging people would find it in chit-chat: rank correlation ${auc('engagingness')} with human ratings held ` +
        `out, ${withinSystems.mean.toFixed(2)} within the replies of one system.`,
    },
  ];
}

function headFile(report: StarterReport): Uint8Array {
  const models = Object.values(report.evaluations).map(({ model }) => model);
  const metadata: HeadFileMetadata = {
    version: 1,
    name: 'starter meters',
    objectives: describeObjectives(report),
    pooling: POOLING,
    body: BODY,
    data: describeData(report),
    figures: describeFigures(report),
  };
  const weight = new Float32Array(models.length * BODY.hiddenSize); // [trained, hidden]
  models.forEach((model, row) => weight.set(model.weight, row * BODY.hiddenSize));
  return writeSafetensors(
    [
      { name: 'weight', shape: [models.length, BODY.hiddenSize], values: weight },
      { name: 'bias', shape: [models.length], values: Float32Array.from(models, (model) => model.bias) },
    ],
    { alidade: JSON.stringify(metadata) },
  );
}

function describeData({ evaluations }: StarterReport): unknown {
  const n = (evaluation: MeterEvaluation): number => evaluation.n;
  return {
    compliance: { n: n(evaluations.compliance), source: 'written for this project', licence: 'MIT' },
    'non-toxicity': {
      n: n(evaluations['non-toxicity']),
      source: 'conversationai/unintended-ml-bias-analysis, Wikipedia comments',
      licence: 'Apache-2.0; comments under Creative Commons',
    },
    'on-topic': {
      n: n(evaluations['on-topic']),
      source: 'prompts and chosen responses of anthropics/hh-rlhf and BIG-bench HHH, exchanged',
      licence: 'MIT; Apache-2.0',
    },
    fluency: {
      n: n(evaluations.fluency),
      source: 'prompts and chosen responses of anthropics/hh-rlhf and BIG-bench HHH, words shuffled',
      licence: 'MIT; Apache-2.0',
    },
    engagingness: {
      n: n(evaluations.engagingness),
      source: 'Topical-Chat replies with ratings, through maszhongming/UniEval',
      licence: 'MIT',
    },
  };
}

function describeFigures({ evaluations, complianceCheck }: StarterReport): unknown {
  const heldOut = Object.entries(evaluations).map(
    ([name, { metric, n, groups, meter, lengthAlone, words, lambda }]) => [
      name,
      {
        metric,
        n,
        groups,
        folds: 5,
        heldOut: meter.mean,
        standardDeviation: meter.standardDeviation,
        lengthAlone: lengthAlone.mean,
        tfidf: words.mean,
        lambda,
      },
    ],
  );
  return { ...Object.fromEntries(heldOut), xstest: complianceCheck };
}

function context(): JobContext {
  return {
    signal: new AbortController().signal,
    progress({ message, done, total, unit }) {
      if (unit === 'rows' && done !== undefined && (done % 50 === 0 || done === total)) {
        console.error(`${message}: ${done} of ${total}`);
      }
    },
    logger: {
      debug() {},
      info: (message) => console.error(message),
      warn: (message) => console.error(`warning: ${message}`),
      error: (message) => console.error(`error: ${message}`),
    },
  };
}

main().catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
