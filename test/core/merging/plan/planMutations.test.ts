import assert from 'node:assert/strict';
import { parseMergeRecipe } from '../../../../src/core/merging/recipe/parseMergeRecipe';
import { planMerge } from '../../../../src/core/merging/plan/planMerge';
import { readMergeSources } from '../../../../src/engine/merging/readMergeSources';
import { writeMergePair } from '../../../fixtures/mergePair';
import { mutationCount } from '../../../fixtures/mutateBytes';
import { quietContext } from '../../../fixtures/quietContext';
import { seededRandom, type SeededRandom } from '../../../fixtures/seededRandom';
import { useTemporaryFolder } from '../../../fixtures/temporaryFolder';

const recipes: readonly string[] = [
  `models:
- {model: sft, parameters: {weight: [0.4, 0.3], density: 0.5}}
- {model: rlhf, parameters: {weight: [{filter: mlp, value: 0.9}, {value: [0.6, 0.7]}]}}
merge_method: ties
base_model: sft
dtype: float32
out_dtype: bfloat16
`,
  `slices:
- sources:
  - {model: sft, layer_range: [0, 2]}
  - {model: rlhf, layer_range: [0, 2]}
- sources:
  - {model: sft, layer_range: [1, 2]}
  - {model: rlhf, layer_range: [0, 1]}
merge_method: slerp
base_model: sft
parameters: {t: [0, 0.5, 1]}
`,
  `name: one
models:
- {model: sft, parameters: {weight: 0.5}}
- {model: rlhf, parameters: {weight: 0.5}}
merge_method: linear
tokenizer: {source: union, pad_to_multiple_of: 8, tokens: {new: {source: sft}, '<|user|>': {source: {kind: zero}, force: true}}}
chat_template: auto
---
modules:
  default:
    slices:
    - sources: [{model: one, layer_range: [0, 1], parameters: {scale: 0.5}}]
    - sources: [{model: rlhf, layer_range: [1, 2]}]
merge_method: passthrough
`,
];

const telling: readonly string[] = [
  ...['0', '1', '2', '-1', '1e9', '1e999', '.nan', '99999999999999999999', '0.5', '[]', '[1, 2]', 'null', 'true', '{}'],
  ...[
    'sft',
    'rlhf',
    'one',
    'sft+rlhf',
    'sft@main',
    '*',
    'mlp',
    'base',
    'union',
    'model',
    'weight',
    'scale',
    '__proto__',
  ],
  ...['linear', 'slerp', 'ties', 'passthrough', 'model_stock', 'della', 'karcher', 'nuslerp', 'float16', 'default'],
];

/** Words and numbers exchanged for others, lines removed or repeated. */
function mutate(text: string, random: SeededRandom): string {
  let result = text;
  for (let change = 1 + random.below(3); 0 < change; change -= 1) {
    const lines = result.split('\n');
    const at = random.below(lines.length);
    const kind = random.below(6);
    if (kind === 0) lines.splice(at, 1);
    else if (kind === 1) lines.splice(at, 0, lines[random.below(lines.length)]);
    else {
      const words = [...lines[at].matchAll(/[\w.+-]+/g)];
      const word = words[random.below(Math.max(1, words.length))] as RegExpExecArray | undefined;
      if (word === undefined) continue;
      const other = telling[random.below(telling.length)];
      lines[at] = lines[at].slice(0, word.index) + other + lines[at].slice(word.index + word[0].length);
    }
    result = lines.join('\n');
  }
  return result;
}

describe('plans of recipes that were changed anywhere', function () {
  this.timeout(600_000);
  const folder = useTemporaryFolder();

  it('never throw, have bounds, and are there only without errors', async () => {
    writeMergePair({ folder: folder(), layers: 2 });
    const models = ['sft', 'rlhf'].map((path) => ({ path, revision: null, adapter: null }));
    const sources = await readMergeSources({ models, folders: [folder()], withVocabulary: true }, quietContext());
    const random = seededRandom(41);
    let planned = 0;
    for (let round = 0; round < mutationCount; round += 1) {
      const text = mutate(recipes[round % recipes.length], random);
      const start = performance.now();
      const { recipes: read } = parseMergeRecipe(text);
      const options = { dtype: null, shardBytes: 5e9, arithmetic: 'exact', seed: 0, version: '', text } as const;
      const { stages, problems } = planMerge({ recipes: read, sources, options });
      assert.ok(performance.now() - start < 5000, `round ${round} took too long: ${text}`);
      const isWrong = problems.some(({ severity }) => severity === 'error');
      assert.ok(!isWrong || stages.length === 0, text);
      for (const { span } of problems) assert.ok(0 <= span.start && span.end <= text.length, text);
      for (const plan of stages) {
        planned += 1;
        assert.ok(
          plan.tensors.every(({ sources: inputs }) => inputs.every(({ model }) => 0 <= model)),
          text,
        );
        assert.ok(Number.isSafeInteger(plan.bytes) && Number.isSafeInteger(plan.readBytes), text);
      }
    }
    assert.ok(mutationCount / 20 < planned, `only ${planned} could be planned`);
  });
});
