import type { MeterEvaluation } from './evaluateMeter';
import type { BehaviourFigure, BehaviourKind, ComplianceFigures, IdentityBias, WithinSystems } from './meterChecks';

/** Everything that the training run has measured. */
export interface StarterReport {
  readonly evaluations: Readonly<
    Record<'compliance' | 'non-toxicity' | 'on-topic' | 'fluency' | 'engagingness', MeterEvaluation>
  >;
  readonly complianceCheck: ComplianceFigures;
  readonly identityBias: readonly IdentityBias[];
  readonly withinSystems: WithinSystems;
  readonly behaviour: readonly BehaviourFigure[];
  readonly complianceRows: { readonly answers: number; readonly refusals: number };
}

const BEHAVIOUR_TITLES: Readonly<Record<BehaviourKind, string>> = {
  sane: 'sensible answers',
  refusal: 'refusals',
  natural: 'unusual but natural text',
  shuffled: 'shuffled words',
  offTopic: 'answers to another question',
  rude: 'abuse',
};

/** media/starter/MODEL_CARD.md. Every figure comes from the report. */
export function modelCard(report: StarterReport): string {
  return `${[introduction(), dataSection(report), figuresSection(report), complianceSection(report), biasSection(report), behaviourSection(report), limits(), reproduction()].join('\n\n')}\n`;
}

function introduction(): string {
  return `# Starter meters

Six meters on the frozen body of SmolLM2-135M-Instruct (Q4_1, one file of 98 MB, Apache-2.0). They exist so that every
feature can be tried within a minute on a laptop. **They do not judge quality.** Nothing here measures helpfulness,
correctness, completeness or how well an instruction was followed: with a body of this size such heads did not do better
than chance or than the response's length, so there are none.

| meter | kind | what it says |
| --- | --- | --- |
| verbosity | computed | log2(1 + tokens of the response) / 13 |
| compliance | probability | the response answers the request instead of refusing it, wholly or in part |
| non-toxicity | probability | no insults or abuse |
| on-topic | probability | the response belongs to this prompt rather than to another |
| fluency | probability | the words are in a natural order rather than shuffled |
| engagingness | rating 1–3, shown on 0–1 | how engaging people would find it in chit-chat |

There is no gate. All weights are equal at first and are the user's to set; a positive weight on verbosity prefers long
responses, one on compliance prefers answers to requests that should have been refused.

Each meter reads the mean, over the tokens of the response, of the residual stream after layer 20 of 30, and is one linear
function of it: logistic regression (ridge regression for engagingness) on standardised features, the penalty chosen by
grouped cross-validation (the largest within one standard error of the best), standardisation folded into the weights.`;
}

function dataSection({ evaluations, complianceRows }: StarterReport): string {
  const { compliance, engagingness, fluency } = evaluations;
  return `## Data

| meter | rows | from | labels | licence |
| --- | --- | --- | --- | --- |
| compliance | ${compliance.n} | \`scripts/starter/text\`: ${complianceRows.answers} answers and ${complianceRows.refusals} whole or partial refusals to harmless, edgy-sounding and harmful requests, written for this project and partly put together from phrases | by construction | MIT |
| non-toxicity | ${evaluations['non-toxicity'].n} | Wikipedia comments, test set of conversationai/unintended-ml-bias-analysis | crowd workers | repository Apache-2.0, comments under Creative Commons |
| on-topic | ${evaluations['on-topic'].n} | prompts and chosen responses of anthropics/hh-rlhf (harmless) and of BIG-bench HHH, and the project's own answers; prompts are paired and exchange their responses | by construction | MIT, Apache-2.0 |
| fluency | ${fluency.n} | the same responses, and the same with their words shuffled | by construction | MIT, Apache-2.0 |
| engagingness | ${engagingness.n} | replies of six systems, Topical-Chat, through maszhongming/UniEval | mean rating of people | MIT |
| *check of compliance* | 900 | XSTest completions of five models (paul-rottger/exaggerated-safety). **Never trained on**; see below for how often it was looked at | two people | prompts CC-BY-4.0 |

None of the public rows is part of this project: only the heads and the figures are.`;
}

function figuresSection({ evaluations, withinSystems }: StarterReport): string {
  const rows = Object.entries(evaluations).map(([name, evaluation]) => {
    const { metric, n, groups, lengthAlone, words, meter, wordsKind } = evaluation;
    const spread = meter.standardDeviation.toFixed(3);
    return `| ${name} | ${metric} | ${n} (${groups}) | ${lengthAlone.mean.toFixed(3)} | ${words.mean.toFixed(3)} (${wordsKind}) | **${meter.mean.toFixed(3)}** ± ${spread} |`;
  });
  return `## Held-out figures

Five folds, grouped by prompt (for compliance by clusters that share neither prompts nor phrases), the penalty chosen inside
each training part. Mean over the folds ± their standard deviation.

| meter | figure | rows (groups) | length alone | words alone | meter |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Words alone: logistic (ridge) regression on TF-IDF of words and pairs of words, or where named so the cosine of prompt and
response. It says how much of the task is vocabulary. On its own text the compliance meter's figure is too good to be of
use, because refusals put together from phrases are easy to tell; the next section is the one to look at. Within the
replies of one system engagingness correlates ${withinSystems.mean.toFixed(2)} on average (${withinSystems.smallest.toFixed(2)} to ${withinSystems.largest.toFixed(2)}, 60 replies
each): part of the figure above is telling good systems from bad ones.`;
}

function complianceSection({ complianceCheck: check }: StarterReport): string {
  const verdict =
    0.93 <= check.auc
      ? 'The aim of 0.93 is reached.'
      : `The aim was 0.93; it is **${0.93 <= check.aucWithoutPartial ? 'reached only when partial refusals are left out' : 'not reached'}**.`;
  return `## Compliance on text from elsewhere: XSTest

${check.n} completions of five models to 450 prompts, labelled full compliance, full refusal or partial refusal.

| | AUC |
| --- | --- |
| meter, full compliance against full and partial refusal | **${check.auc.toFixed(3)}** |
| meter, full compliance against full refusal | ${check.aucWithoutPartial.toFixed(3)} |
| TF-IDF fitted on the meter's own training text | ${check.words.toFixed(3)} |
| length alone | ${check.lengthAlone.toFixed(3)} |
| the same features trained on XSTest itself, 5 folds (ceiling, not shipped) | ${check.trainedHere.toFixed(3)} |

The training text was changed twice after this check had been looked at: the first version reached 0.926; with thirty
longer answers it was 0.921; then the refusals were made as long as the answers, because length alone had come to tell them
apart in the training text. That last version was to be kept whatever it reached, and no completion that was misjudged was
read. The figure is still not quite that of an untouched test. ${verdict} At one half, ${percent(check.compliancesFound)} of the full compliances and ${percent(check.refusalsFound)} of the full refusals are on their side.`;
}

function biasSection({ identityBias }: StarterReport): string {
  const rows = identityBias.map(
    ({ term, n, falsePositives, rankAgainstToxic }) =>
      `| ${term} | ${n} | ${falsePositives.toFixed(2)} | ${rankAgainstToxic.toFixed(2)} |`,
  );
  return `## Identity bias of non-toxicity

Comments that people found **not** toxic, by identity term (ten comments or more), held out. False positives: the share that
the meter puts below one half. Rank: the chance that such a comment is ranked above a toxic comment without the term; 0.5
would be blindness. With so few comments a share is uncertain by 0.1 to 0.2.

| term | comments | false positives | rank |
| --- | --- | --- | --- |
${rows.join('\n')}

The meter takes the mention of some identities for abuse. Do not use it to moderate what people write.`;
}

function behaviourSection({ behaviour }: StarterReport): string {
  const meters = [...new Set(behaviour.map(({ meter }) => meter))];
  const kinds = [...new Set(behaviour.map(({ kind }) => kind))];
  const rows = kinds.map((kind) => {
    const figures = behaviour.filter((figure) => figure.kind === kind);
    const cells = figures.map(
      ({ smallest, median, largest }) => `${median.toFixed(2)} (${smallest.toFixed(2)}–${largest.toFixed(2)})`,
    );
    return `| ${BEHAVIOUR_TITLES[kind]} (${figures[0].n}) | ${cells.join(' | ')} |`;
  });
  return `## Behaviour on text written for the check

Median (smallest–largest) over exchanges that no meter was trained on. Not a benchmark: a look at whether the values are
plausible. After a first look at it the project's own answers were added to the sets of on-topic and fluency, which until
then had only had dialogues of HH and HHH.

| text (n) | ${meters.join(' | ')} |
| --- | ${meters.map(() => '---').join(' | ')} |
${rows.join('\n')}`;
}

function limits(): string {
  return `## What it is not

- Not a reward model for training, and not a measure of quality, helpfulness, truth, instruction following or safety.
- English only; responses of up to a few hundred words. The mean over a long response drowns a single bad sentence.
- On-topic sees the subject, not whether the answer is right or complete. Fluency sees the order of words, not style.
- Compliance does not know whether the request deserved an answer. On XSTest it takes about one full compliance in five for
  a refusal.
- Engagingness was learnt from lower-cased, tokenised chit-chat; elsewhere it is an extrapolation.
- The probabilities assume the mixtures they were trained on (about half and half; one third toxic). Their calibration was
  not measured.`;
}

function reproduction(): string {
  return `## How to make it again

\`npm run train:starter -- --data DIR\`, where DIR holds \`toxicity.jsonl\`, \`engagingness.jsonl\`, \`harmless_pairs.jsonl\`,
\`hhh_pairs.jsonl\` and \`compliance.jsonl\` made from the sources above (one JSON object a line, fields as read in
\`scripts/starter/sharedSets.ts\`). It fetches nothing, makes the features of about 4,900 texts once (15 to 25 minutes on two
cores), fits and checks the heads in 2 to 7 minutes, and writes this card and \`meters.safetensors\`.`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
