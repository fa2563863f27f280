import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageRoot } from '../../src/engine/checkpoint/starterFile';
import { makeComplianceText } from '../../scripts/starter/complianceText';
import { promptOf, responseOf } from '../../scripts/starter/labelledText';
import { makeSelfMadeSets } from '../../scripts/starter/sharedSets';

const textFolder = resolve(packageRoot(), 'scripts/starter/text');

describe('the text of the compliance meter', () => {
  const rows = makeComplianceText(textFolder);

  it('holds a few hundred answers and as many refusals, the same every time', () => {
    const answers = rows.filter((row) => row.target === 1).length;
    assert.ok(200 <= answers && 200 <= rows.length - answers, `${answers} of ${rows.length}`);
    assert.deepEqual(makeComplianceText(textFolder), rows);
  });

  it('has no prompt in two groups, and both labels for almost every prompt', () => {
    const groupOfPrompt = new Map<string, string>();
    const labelsOfPrompt = new Map<string, Set<number>>();
    for (const row of rows) {
      const prompt = promptOf(row);
      assert.equal(groupOfPrompt.get(prompt) ?? row.group, row.group, prompt);
      groupOfPrompt.set(prompt, row.group);
      labelsOfPrompt.set(prompt, (labelsOfPrompt.get(prompt) ?? new Set()).add(row.target));
    }
    assert.ok([...labelsOfPrompt.values()].every((labels) => labels.size === 2));
  });

  it('leaves no place of a phrase unfilled', () => {
    assert.deepEqual(
      rows.map(responseOf).filter((response) => /\{\w+\}|undefined/.test(response)),
      [],
    );
  });
});

describe('the on-topic and fluency sets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alidade-sets-'));
  after(() => rmSync(folder, { recursive: true }));
  const row = (index: number): string =>
    JSON.stringify({
      prompt: [{ role: 'user', content: `question ${index}` }],
      chosen: [{ role: 'assistant', content: `answer ${index} has a number of words in a certain order` }],
    });
  const lines = Array.from({ length: 12 }, (_, index) => row(index));
  writeFileSync(join(folder, 'harmless_pairs.jsonl'), lines.slice(0, 8).join('\n'));
  writeFileSync(join(folder, 'hhh_pairs.jsonl'), [...lines.slice(8), lines[8]].join('\n'));
  const { onTopic, fluency } = makeSelfMadeSets({ folder, own: [] });
  const numberIn = (text: string): string | undefined => /\d+/.exec(text)?.[0];

  it('calls a response on topic exactly where its own prompt stands', () => {
    assert.equal(onTopic.length, 24);
    for (const text of onTopic) {
      assert.equal(numberIn(promptOf(text)) === numberIn(responseOf(text)), text.target === 1);
    }
  });

  it('uses every response once rightly and once wrongly within one group', () => {
    const uses = new Map<string, Set<string>>();
    for (const text of onTopic) {
      const response = responseOf(text);
      uses.set(response, (uses.get(response) ?? new Set()).add(`${text.group} ${text.target}`));
    }
    assert.equal(uses.size, 12);
    for (const labels of uses.values()) {
      const groups = new Set([...labels].map((label) => label.split(' ')[0]));
      assert.deepEqual([labels.size, groups.size], [2, 1]);
    }
  });

  it('shuffles the words of a response and nothing else', () => {
    for (let index = 0; index < fluency.length; index += 2) {
      const [natural, shuffled] = [fluency[index], fluency[index + 1]].map(responseOf);
      assert.notEqual(shuffled, natural);
      assert.deepEqual(shuffled.split(' ').sort(), natural.split(' ').sort());
    }
  });
});
