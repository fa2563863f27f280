import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isYamlNestedTooDeeply } from '../../../src/core/yaml/yamlNesting';
import { parseRewardTests } from '../../../src/core/rewardTest/parseRewardTests';

const steps = (count: number, text: string): string =>
  Array.from({ length: count }, (_, index) => ' '.repeat(index) + text).join('\n');

describe('isYamlNestedTooDeeply', () => {
  it('lets pass what people write', () => {
    for (const text of [
      '',
      readFileSync('examples/houseplant.reward.yaml', 'utf8'),
      `text: '${JSON.stringify(Array.from({ length: 5000 }, (_, index) => [index, { a: [index] }]))}'`,
      `- ${'word '.repeat(10_000)}`,
      Array.from({ length: 10_000 }, (_, index) => `- k${index}: [v]`).join('\n'),
      steps(100, 'a:'),
      '['.repeat(100) + ']'.repeat(100),
    ]) {
      assert.equal(isYamlNestedTooDeeply(text), false, text.slice(0, 40));
    }
  });

  it('stops what would exhaust the stack of the parser, whichever way it is nested', () => {
    for (const unit of ['[', '{', '{a: ', '[{', '- ', '? ', ': ', 'a: ', '- ? ', '"a": [']) {
      assert.equal(isYamlNestedTooDeeply(unit.repeat(1000)), true, unit);
    }
    for (const unit of ['a:', '-', '? a', '- - -']) assert.equal(isYamlNestedTooDeeply(steps(1000, unit)), true, unit);
    const mixed = `${steps(200, 'a:')}\n${' '.repeat(200)}${'- '.repeat(150)}${'['.repeat(150)}`;
    assert.equal(isYamlNestedTooDeeply(mixed), true);
  });

  it('takes no longer for a text that is much too deep', function () {
    this.timeout(5000);
    const { problems } = parseRewardTests('['.repeat(900_000));
    assert.deepEqual(
      problems.map(({ message }) => message),
      ['it is nested too deeply'],
    );
  });
});
