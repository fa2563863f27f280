import { checkValue } from '../yaml/checkValue';
import { YamlReader, type FoundEntry } from '../yaml/yamlReader';
import { parseRewardTest } from './parseRewardTest';
import { readGenerationSettings } from './readGenerationSettings';
import type { RewardTest, RewardTestFile, RewardTestOptions, RewardTestProblem } from './rewardTest';
import { rewardTestSpec, testSpec } from './rewardTestKeys';
import type { ValueSpec } from '../yaml/keySpec';
import { readYaml } from '../yaml/readYaml';

/**
 * The tests of a `*.reward.yaml` file, with everything that is wrong with it; never throws.
 * @param text the whole file.
 */
export function parseRewardTests(text: string): RewardTestFile {
  const { value, problems: yamlProblems } = readYaml(text);
  const problems: RewardTestProblem[] = yamlProblems.map(asError);
  if (value?.kind !== 'mapping') {
    if (problems.length === 0)
      problems.push(asError({ message: 'there are no tests', span: value?.span ?? beginning }));
    return { model: null, options: { weightSpans: [] }, tests: [], problems, isRunnable: false };
  }
  // Syntax errors leave open what was meant: none of the tests runs.
  const hasSyntaxErrors = 0 < problems.length;
  const root = new YamlReader(value);
  const testList = root.get('tests')?.value;
  const items = testList?.kind === 'list' ? testList.items : [];
  const outside = checkValue(fileSpec, value).map(asError);
  const generation = readGenerationSettings(root.get('generate')?.value ?? null, null);
  const tests: RewardTest[] = [];
  const names = new Map<string, number>();
  for (const item of items) {
    const problemsOfTest = checkValue(testSpec, item).map(asError);
    const test = parseRewardTest(item, { generation, problems: problemsOfTest, index: tests.length });
    tests.push(withUniqueId(test, names));
  }
  problems.push(...outside, ...tests.flatMap((test) => test.problems));
  problems.sort((a, b) => a.span.start - b.span.start);
  problems.splice(mostProblems);
  return {
    model: root.text('model'),
    options: readOptions(root),
    tests,
    problems,
    isRunnable: !hasSyntaxErrors && outside.length === 0,
  };
}

/** More say nothing new, and an editor has to draw each of them. */
const mostProblems = 500;

/** A file apart from what its tests hold: each of them is checked by itself. */
const fileSpec: ValueSpec = {
  ...rewardTestSpec,
  keys: {
    ...rewardTestSpec.keys,
    tests: { ...rewardTestSpec.keys['tests'], value: { kind: 'list', item: { kind: 'any' } } },
  },
};

const beginning = { start: 0, end: 0 };

function asError({ message, span }: Pick<RewardTestProblem, 'message' | 'span'>): RewardTestProblem {
  return { severity: 'error', message, span };
}

/** Two tests of one name can both run, but their recorded scores cannot be told apart. */
function withUniqueId(test: RewardTest, names: Map<string, number>): RewardTest {
  const count = (names.get(test.name) ?? 0) + 1;
  names.set(test.name, count);
  if (count === 1) return test;
  let id = `${test.name} (${count})`;
  for (let next = count + 1; names.has(id); next += 1) id = `${test.name} (${next})`;
  names.set(id, 1);
  const message = `another test is called ${JSON.stringify(test.name)} too: this one counts as ${JSON.stringify(id)}`;
  return { ...test, id, problems: [...test.problems, { severity: 'warning', message, span: test.nameSpan }] };
}

function readOptions(root: YamlReader): RewardTestOptions {
  const weights: readonly FoundEntry[] = root.reader('weights')?.entries ?? [];
  const dtype = root.text('dtype')?.value;
  const maxTokens = root.number('maxTokens');
  const truncate = root.boolean('truncate');
  return {
    ...(dtype === 'f32' || dtype === 'f16' || dtype === 'int8' || dtype === 'int4' ? { dtype } : {}),
    ...(maxTokens === null ? {} : { maxTokens }),
    ...(truncate === null ? {} : { truncate }),
    ...(weights.length === 0
      ? {}
      : {
          weights: Object.fromEntries(
            weights.flatMap(({ key, value }) => (value.kind === 'number' ? [[key, value.value] as const] : [])),
          ),
        }),
    weightSpans: weights.map(({ key, keySpan }) => ({ value: key, span: keySpan })),
  };
}
