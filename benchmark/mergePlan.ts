import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modelsToRead } from '../src/core/merging/recipe/modelsOfRecipe';
import { parseMergeRecipe } from '../src/core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../src/core/merging/plan/planMerge';
import { packageRoot } from '../src/engine/checkpoint/starterFile';
import { readMergeSources } from '../src/engine/merging/readMergeSources';
import { benchmarkContext } from './support/benchmarkContext';
import { describeMachine } from './support/machine';
import { writeSparseCheckpoint } from './support/sparseCheckpoint';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// The plan of a merge of three BF16 checkpoints of the shapes of an 8B Llama, each in four sparse shards with a tokenizer
// of 128,256 tokens: reading headers and tokenizers, planning alone, and `alidade merge plan` as a whole process.

const RUNS = 7;
const TOKENS = 128_256;
const MODELS = ['base', 'sft', 'rlhf'];

const averages = `models:
${MODELS.map((name) => `- model: ${name}\n  parameters: {weight: [1.0, 0.6, 0.3]}`).join('\n')}
merge_method: linear
`;

const recipes: Readonly<Record<string, string>> = {
  linear: averages,
  ties: `models:
- model: sft
  parameters: {weight: 0.5, density: [{filter: mlp, value: [0.2, 0.8]}, {value: 0.5}]}
- model: rlhf
  parameters: {weight: [0.3, 0.6], density: 0.6}
merge_method: ties
base_model: base
`,
  'tokenizer_source: union': `${averages}base_model: base\ntokenizer_source: union\n`,
};

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'alidade-benchmark-'));
  try {
    for (const name of MODELS) {
      mkdirSync(join(folder, name));
      writeSparseCheckpoint(join(folder, name));
      writeFileSync(join(folder, name, 'tokenizer.json'), tokenizerJson());
    }
    console.log(`${describeMachine()}; median of ${RUNS}, milliseconds\n`);
    const rows: string[][] = [];
    for (const [name, text] of Object.entries(recipes)) rows.push([name, ...(await measure(text, folder))]);
    printTable(['recipe', 'reading', 'planning', 'alidade merge plan --json'], rows);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(text: string, folder: string): Promise<readonly string[]> {
  const { recipes: parsed } = parseMergeRecipe(text);
  const withVocabulary = text.includes('tokenizer');
  const models = modelsToRead(parsed);
  const read = (): ReturnType<typeof readMergeSources> =>
    readMergeSources({ models, folders: [folder], withVocabulary }, benchmarkContext);
  const sources = await read();
  const options = { dtype: null, shardBytes: 5e9, arithmetic: 'exact', seed: 0, version: '', text } as const;
  const reading: number[] = [];
  const planning: number[] = [];
  const whole: number[] = [];
  const recipe = join(folder, 'recipe.yml');
  writeFileSync(recipe, text);
  for (let run = 0; run < RUNS; run += 1) {
    let start = performance.now();
    await read();
    reading.push(performance.now() - start);
    start = performance.now();
    const { stages } = planMerge({ recipes: parsed, sources, options });
    planning.push(performance.now() - start);
    if (stages.length !== 1) throw new Error('there is no plan');
    start = performance.now();
    const cli = join(packageRoot(), 'dist', 'cli.js');
    const { status, stderr } = spawnSync(process.execPath, [cli, 'merge', 'plan', recipe, '--json'], {
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(stderr.toString());
    whole.push(performance.now() - start);
  }
  return [reading, planning, whole].map((times) => median(times).toFixed(1));
}

/** As large as that of Llama 3: words of a few letters, and a merge for each. */
function tokenizerJson(): string {
  const words = Array.from({ length: TOKENS - 256 }, (_, id) => `Ġ${id.toString(36)}ing`);
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const merges = words.map((word) => [word.slice(0, 2), word.slice(2)]);
  const added_tokens = Array.from({ length: 256 }, (_, index) => ({
    ...{ id: words.length + index, content: `<|reserved_${index}|>`, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  }));
  return JSON.stringify({ version: '1.0', added_tokens, model: { type: 'BPE', vocab, merges } }, null, 2);
}

void main();
