/** Says everything that a recipe can say. */
export const wholeHeadRecipe = `name: my judge
model: starter
pooling: { place: mean, layer: 20 }
max_tokens: 512
seed: 20
data:
  toxicity: { files: [toxicity.jsonl], group: group, source: comments, licence: Apache-2.0, labels: crowd }
  dialogues: [a.jsonl, b.csv]
  pairs: pairs.jsonl
  more: { files: [more.jsonl, still_more.jsonl] }
  xstest: xstest.jsonl
ratings: { penalties: [10, 100], standardise: true, intercept: true, split: { folds: 5 }, choice: one_standard_error, refit: all }
objectives:
  - { name: verbosity, compute: log_tokens }
  - name: non-toxicity
    kind: yes_no
    data: toxicity
    label: { field: toxic, values: { 0: 1, 1: 0 } }
    description: Free of abuse.
  - { name: on-topic, kind: yes_no, data: dialogues, label: exchanged, words: cosine }
  - { name: fluency, data: dialogues, label: { kind: shuffled, least_words: 5 } }
  - { name: engagingness, data: dialogues, label: ratings.engagingness, scale: { min: 1, max: 3, unit: rating } }
verbosity_correction: { objective: verbosity, threshold: 0.05, grid: [0, 0.5], data: pairs }
gate:
  data: pairs
  hidden: [64, 32]
  temperature: 5
  steps: 200
  batch: 16
  learning_rate: 1e-3
  weight_decay: 0.01
  evaluate_every: 20
  patience: never
  dropout: 0.1
  validation: 0.25
semi_supervised: { data: more, threshold: 0.9, rounds: 2, judge: starter }
checks:
  - name: XSTest
    data: xstest
    objective: non-toxicity
    label: { field: label, values: { full: 1, refused: 0 } }
    groups: { terms: [gay, old] }
card:
  about: |
    A judge.
    Of mine.
  intended_use: Trying things out.
  known_faults: [It is small.]
  licence: MIT
`;

/** One score from pairs. */
const preference = `# A comment.
name: "which is better"
model: ./models/small
data: { pairs: [a.jsonl, b.jsonl], others: { files: c.parquet, group: meta.source } }
preference:
  name: better
  data: [pairs]
  penalties:
    - 1e-2
    - 1
  validation: 0.1
semi_supervised: &again
  data: others
  rounds: 1
checks: [{ name: held back, data: others, groups: subset }]
`;

/** With anchors, and text over several lines. */
const folded = `name: >-
  several
  lines
model: org/name@main
data:
  d: &files
    files:
      - d.jsonl
      - e.csv
    licence: MIT
  e: *files
objectives:
  - &one
    name: one
    data: d
    label: score
    scale: { min: 0, max: 10, levels: 11 }
  - <<: *one
    name: two
    data: e
    label:
      field: is.good
      values: { "yes": 1, no: 0 }
  - name: length
    compute: log_tokens
verbosity_correction:
  objective: length
  data: d
gate:
  data: e
  patience: 3
`;

export const headRecipeTexts: readonly [string, string, string] = [wholeHeadRecipe, preference, folded];
