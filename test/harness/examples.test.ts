import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parsePromptFile } from '../../src/core/prompt/parsePromptFile';
import { promptFormatOf } from '../../src/core/prompt/promptFormatOf';
import { parseRewardTests } from '../../src/core/rewardTest/parseRewardTests';

const read = (name: string): string => readFileSync(`examples/${name}`, 'utf8');
const names = readdirSync('examples', { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []));

describe('the examples', () => {
  it('are all in the table of their README, and it has no other', () => {
    const listed = [...read('README.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? '');
    assert.deepEqual(
      listed.sort(),
      names.filter((name) => name !== 'README.md'),
    );
  });

  it('have prompts without problems, with their variables', () => {
    const variables = names.flatMap((path) => {
      const text = read(path);
      if (promptFormatOf(path, text) === null) return [];
      const { prompts, problems } = parsePromptFile({ text, path });
      assert.deepEqual(problems, [], path);
      return [[path, ...new Set(prompts.flatMap((prompt) => prompt.variables.map(({ name }) => name)))]];
    });
    assert.deepEqual(variables, [
      ['explain.prompt.md', 'topic', 'reader'],
      ['promptfooconfig.yaml', 'rule'],
      ['reply-apology.prompty', 'product', 'problem'],
      ['reply.prompty', 'product', 'problem'],
    ]);
  });

  it('have reward tests without problems', () => {
    const { isRunnable, problems } = parseRewardTests(read('houseplant.reward.yaml'));
    assert.ok(isRunnable);
    assert.deepEqual(problems, []);
  });
});
