import { defineCommand, type Command } from './command';
import { describeFormats } from './describeFormats';
import {
  headsEvaluateOptions,
  headsExportOptions,
  headsFeaturesOptions,
  headsTrainOptions,
} from './heads/headsOptions';
import { hmaOptions, mergePlanOptions, mergeRunOptions, mergeScoreOptions, searchOptions } from './merge/mergeOptions';
import {
  convertOptions,
  downloadOptions,
  dtypesOptions,
  generateOptions,
  inspectOptions,
  listOptions,
  perplexityOptions,
  scoreOptions,
  serveOptions,
  testOptions,
} from './options';

/**
 * Every command: parsing, help and errors are made from these rows. What a command does is loaded when it is called, so
 * that those that only read headers do not wait for the runtime.
 */
export const commands: readonly Command[] = [
  defineCommand({
    name: 'models',
    summary: 'list checkpoints',
    arguments: [
      {
        name: 'DIR',
        summary: 'folders to look through (default: this folder, the hub cache, the starter)',
        isRequired: false,
        isRepeated: true,
      },
    ],
    options: listOptions,
    run: async (call) => (await import('./listModels')).listModels(call),
  }),
  defineCommand({
    name: 'inspect',
    summary: 'show configuration, tensors, head and chat template of a checkpoint',
    arguments: [
      {
        name: 'CHECKPOINT',
        summary: 'checkpoint folder, .gguf file, hub id in the local cache, or starter',
        isRequired: true,
        isRepeated: false,
      },
    ],
    options: inspectOptions,
    notes: ['--tensor also takes a .safetensors file or its index, and models of any architecture.'],
    run: async (call) => (await import('./inspectCheckpoint')).inspectCheckpoint(call),
  }),
  defineCommand({
    name: 'score',
    summary: 'score rows with a reward model, one JSON line a row',
    arguments: [
      {
        name: 'INPUT',
        summary: 'JSONL, JSON, CSV or Parquet files, or folders of them (default: standard input)',
        isRequired: false,
        isRepeated: true,
      },
    ],
    options: scoreOptions,
    notes: [
      'Rows: messages; prompt with response or completion; chosen and rejected; responses; text; ids; LMFlow; OpenAI.',
      'A bad row gives a line with `error`, the others are scored, and the exit status is 1.',
      'Tables (.csv, .parquet) have a column for each objective, chosen_ and rejected_ before those of pairs, and a line',
      'for each response of a list. FILE.part and FILE.journal beside --output are what --resume goes on from.',
    ],
    run: async (call) => (await import('./scoreFiles')).scoreFiles(call),
  }),
  defineCommand({
    name: 'dtypes',
    summary: 'measure on your own rows what int8 and int4 cost and gain against f32',
    arguments: [
      { name: 'INPUT', summary: 'rows as for score (default: standard input)', isRequired: false, isRepeated: true },
    ],
    options: dtypesOptions,
    notes: [
      'Scores the same rows in each number format: speed, size of the weights, and how far the scores and their order',
      'are from those in f32. Two scores closer than 1 % of their standard deviation count as undecided.',
    ],
    run: async (call) => (await import('./compareDtypes')).compareDtypes(call),
  }),
  defineCommand({
    name: 'perplexity',
    summary: 'measure the perplexity of a text, or of the replies in chat rows',
    arguments: [
      { name: 'INPUT', summary: 'a text file, or JSONL chat rows; - for stdin', isRequired: false, isRepeated: false },
    ],
    options: perplexityOptions,
    run: async (call) => (await import('./measurePerplexity')).measurePerplexity(call),
  }),
  defineCommand({
    name: 'generate',
    summary: 'generate text',
    arguments: [],
    options: generateOptions,
    notes: ['One of --messages, --prompt-file, --prompt and --ids says what to continue.'],
    run: async (call) => (await import('./generateText')).generateText(call),
  }),
  defineCommand({
    name: 'convert',
    summary: 'convert between formats of preference, chat and evaluation data',
    arguments: [
      {
        name: 'INPUT',
        summary: 'JSONL, JSON, CSV or Parquet files, or folders of them (default: standard input)',
        isRequired: false,
        isRepeated: true,
      },
    ],
    options: convertOptions,
    notes: [
      'A row of which the format could not hold what was said or judged is refused, and the exit status is 1; ids and other',
      'columns that it has no place for are dropped. Standard error says how many rows were kept and refused, and why.',
      'Names are also understood with underscores, and without lmflow-. Formats:',
      '',
      ...describeFormats(),
    ],
    run: async (call) => (await import('./convertFiles')).convertFiles(call),
  }),
  defineCommand({
    name: 'merge plan',
    summary: 'say what a merge recipe (mergekit YAML) will do, from headers alone',
    arguments: [{ name: 'RECIPE', summary: 'the YAML file', isRequired: true, isRepeated: false }],
    options: mergePlanOptions,
    run: async (call) => (await import('./merge/planMergeCommand')).planMergeCommand(call),
  }),
  defineCommand({
    name: 'merge run',
    summary: 'merge models as a recipe (mergekit YAML) says, into a new checkpoint folder',
    arguments: [
      { name: 'RECIPE', summary: 'the YAML file', isRequired: true, isRepeated: false },
      { name: 'OUT', summary: 'the folder, which must not exist', isRequired: true, isRepeated: false },
    ],
    options: mergeRunOptions,
    notes: [
      'OUT appears when it is complete. Until then the work is in OUT.part, where --resume goes on after a stop or a crash,',
      'with the same bytes; without it a run begins anew. Memory does not depend on the size of the models.',
      'Sums are taken in doubles and rounded at the end; --mergekit-compatible gives the numbers of mergekit 0.1.5.',
    ],
    run: async (call) => (await import('./merge/runMergeCommand')).runMergeCommand(call),
  }),
  defineCommand({
    name: 'merge hma',
    summary: 'write the recipe of a heterogeneous average (HMA) of a model before and after RLHF',
    arguments: [],
    options: hmaOptions,
    notes: [
      '--alpha and every ratio are shares of the model before RLHF; what remains is the model after RLHF.',
      'Prints mergekit YAML, exactly equivalent. Blocks name their first and last layers, from 0, both counted.',
      'split0 in a tag: the head is that of after RLHF. The paper recommends 0.2.',
    ],
    run: async (call) => (await import('./merge/hmaRecipeCommand')).hmaRecipeCommand(call),
  }),
  defineCommand({
    name: 'merge score',
    summary: 'reward and perplexity of a merge, in memory: nothing is written',
    arguments: [{ name: 'RECIPE', summary: 'the YAML file', isRequired: true, isRepeated: false }],
    options: mergeScoreOptions,
    notes: [
      'Merges into memory (F32: twice the size of a 16-bit model) and gives what the written model would give.',
      'Rows count with their score, pairs with their margin. A policy is measured on its answers: --prompts and --reward.',
    ],
    run: async (call) => (await import('./merge/scoreMergeCommand')).scoreMergeCommand(call),
  }),
  defineCommand({
    name: 'merge search',
    summary: 'search the ratios of a heterogeneous average on reward and perplexity',
    arguments: [],
    options: searchOptions,
    notes: [
      'Ratios are shares of the model before RLHF, one a block. Merges in memory, and writes no model.',
      'DIR/front.jsonl: every trial {"ratios","reward","nll","onFront","tokens","perplexity"}; nll is a sum in nats.',
      'DIR/best.yml: the recipe on the front that is nearest to the best of both. DIR/front.svg: a picture.',
      'All three are there after each trial; Ctrl+C stops, --resume goes on with the very same proposals.',
      'direct: plain averages, contrasts of blocks, then expected improvement. proxy: the model after RLHF answers, the',
      'answers of highest reward are kept, and the ratios are those under which they are most likely (HMA).',
    ],
    run: async (call) => (await import('./merge/searchMergeCommand')).searchMergeCommand(call),
  }),
  defineCommand({
    name: 'merge diff',
    summary: 'say how far the weights of two models are apart: cosine, relative L2, share of changed values',
    arguments: [
      {
        name: 'A',
        summary: 'checkpoint, weight file or hub id: what it is relative to',
        isRequired: true,
        isRepeated: false,
      },
      { name: 'B', summary: 'the other one', isRequired: true, isRepeated: false },
    ],
    options: listOptions,
    notes: [
      'Reads both in small ranges, whatever their size, architecture and number formats. --json has every tensor.',
      'cosine: a·b / (|a| |b|). |a-b|/|a|: 0 for equal weights. changed: share of values that are not the same.',
    ],
    run: async (call) => (await import('./merge/diffWeights')).diffWeights(call),
  }),
  defineCommand({
    name: 'heads features',
    summary: 'make and keep what reward heads are trained on: hidden states of a model',
    arguments: [
      {
        name: 'INPUT',
        summary: 'rows as for score (default: standard input)',
        isRequired: false,
        isRepeated: true,
      },
    ],
    options: headsFeaturesOptions,
    notes: [
      'A text that DIR has is not computed again; an interrupted run goes on by itself. DIR holds one folder for each',
      'model, template, layer and limit of tokens. heads train --features DIR reads it.',
      'Prints how many texts there are, how many of them were made, and how many were kept.',
    ],
    run: async (call) => (await import('./heads/makeFeatures')).makeFeatures(call),
  }),
  defineCommand({
    name: 'heads train',
    summary: 'train a reward head on a frozen body, as a recipe (*.head.yml) says',
    arguments: [{ name: 'RECIPE', summary: 'the YAML file', isRequired: true, isRepeated: false }],
    options: headsTrainOptions,
    notes: [
      'Makes the features of all texts once, fits, measures what was held out beside length and words alone, and writes the',
      'head file and its model card. Until then the work is in HEAD.part, where --resume goes on after a stop or a crash,',
      'with the same bytes; without it a run begins anew, but features are not made again.',
      'Prints tables; --json prints everything that was found, unrounded.',
    ],
    run: async (call) => (await import('./heads/trainHeadCommand')).trainHeadCommand(call),
  }),
  defineCommand({
    name: 'heads evaluate',
    summary: 'say how good a head is on labelled rows, beside what length and words alone would be',
    arguments: [
      {
        name: 'HEAD',
        summary: 'a head file, or a whole reward model as for --model',
        isRequired: true,
        isRepeated: false,
      },
      { name: 'INPUT', summary: 'rows as for score (default: standard input)', isRequired: false, isRepeated: true },
    ],
    options: headsEvaluateOptions,
    notes: [
      'Pairs give accuracy, calibration and subsets; single rows with a rating or a yes/no label the rank correlation or',
      'the area under the ROC curve of that objective. --label score=FIELD is about the score. Intervals are of 95 %; rows',
      'with the same `group` or the same prompt count as dependent. Words alone: TF-IDF, cross-validated on these rows.',
    ],
    run: async (call) => (await import('./heads/evaluateHeadCommand')).evaluateHeadCommand(call),
  }),
  defineCommand({
    name: 'heads export',
    summary: 'write a head for other programs: as a checkpoint of ArmoRM, or as rows for LMFlow or TRL',
    arguments: [
      {
        name: 'HEAD',
        summary: 'a head file; lmflow, trl: or a whole reward model as for --model',
        isRequired: true,
        isRepeated: false,
      },
    ],
    options: headsExportOptions,
    notes: [
      'armorm: config, code for transformers (trust_remote_code), tokenizer and weights in one folder; the files of the body',
      'are linked. The scores are those of the head file. Heads that the layout has no place for are refused.',
      'lmflow: text_to_scored_textlist/ and paired_conversation/. trl: preference.jsonl with margin and confidence.',
      'Pairs are put in the order of their scores: p = sigmoid(margin), confidence max(p, 1 - p), turned round where p < 0.5.',
    ],
    run: async (call) => (await import('./heads/exportHeadCommand')).exportHeadCommand(call),
  }),
  defineCommand({
    name: 'serve',
    summary: 'answer over HTTP: chat and text completions, rewards, /get_reward',
    arguments: [],
    options: serveOptions,
    notes: [
      'Prints {"url","token"} on one line when it is ready; Ctrl+C stops it.',
      'GET /health, /v1/models. POST /v1/chat/completions, /v1/completions (as OpenAI has them), /v1/rewards {"rows":[…]},',
      '/get_reward (OpenRLHF: --reward.remote_url URL/get_reward?token=TOKEN). promptfoo: see alidade promptfoo --help.',
    ],
    run: async (call) => (await import('./serve')).serve(call),
  }),
  defineCommand({
    name: 'test',
    summary: 'run reward tests (*.reward.yaml)',
    arguments: [
      {
        name: 'FILES',
        summary: 'test files, folders of them, or patterns (default: all below this folder)',
        isRequired: false,
        isRepeated: true,
      },
    ],
    options: testOptions,
    notes: [
      'Prints TAP version 14. The exit status is 1 when a test fails or cannot be run.',
      'Relative names in a test file (model, rows, baselines, prompts) are taken from its folder, --model from this one.',
    ],
    run: async (call) => (await import('./testRewards')).testRewards(call),
  }),
  defineCommand({
    name: 'promptfoo',
    summary: 'write the files with which promptfoo gets answers and rewards from alidade serve',
    arguments: [{ name: 'DIR', summary: 'folder for them (default: promptfoo)', isRequired: false, isRepeated: false }],
    options: listOptions,
    notes: [
      'Prints the lines of promptfooconfig.yaml that use them. The files say at their top what can be configured.',
      'ALIDADE_URL and ALIDADE_TOKEN: what alidade serve prints when it starts.',
    ],
    run: async (call) => (await import('./writePromptfooFiles')).writePromptfooFiles(call),
  }),
  defineCommand({
    name: 'download',
    summary: "fetch a model from the hub into the cache that the hub's own tools use",
    arguments: [{ name: 'MODEL', summary: 'org/name, or org/name@revision', isRequired: true, isRepeated: false }],
    options: downloadOptions,
    notes: [
      'Fetches configuration, tokenizer and .safetensors weights, or the .gguf file if there is one; prints what',
      '--model takes for it. What is there is kept, a broken download is gone on with, every file is checked.',
      'HF_TOKEN: a token for gated models. HF_ENDPOINT: a mirror. HF_HOME, HF_HUB_CACHE: the cache.',
    ],
    run: async (call) => (await import('./download')).download(call),
  }),
  defineCommand({
    name: 'doctor',
    summary: 'say what works here: runtime, devices, models, caches, disk',
    arguments: [],
    options: listOptions,
    run: async (call) => (await import('./runDoctor')).runDoctor(call),
  }),
  defineCommand({
    name: 'starter',
    summary: 'say where the starter model is; fetch it',
    arguments: [
      {
        name: 'ACTION',
        summary: 'fetch: download it unless it is there (98 MB)',
        isRequired: false,
        isRepeated: false,
        choices: ['fetch'],
      },
    ],
    options: listOptions,
    run: async (call) => (await import('./manageStarter')).manageStarter(call),
  }),
];

/** Commands of later versions: named when asked for, so that nobody looks for a misspelling. */
export const laterCommands: readonly string[] = ['steer', 'dialogue'];
