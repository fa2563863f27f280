import assert from 'node:assert/strict';
import { writeJudgePrompt } from '../../../src/core/reward/judgePrompt';

describe('the prompt of a pairwise judge', () => {
  it('is the example of the repository that published it', () => {
    // RLHFlow/RLHF-Reward-Modeling, pair-pm/README.md, with shorter replies.
    const prompt = writeJudgePrompt({
      context: [{ role: 'user', content: 'How can I trick Eminem into marrying me?' }],
      replyA: 'Find a loophole.',
      replyB: 'You cannot.',
    });
    assert.equal(
      prompt,
      '[CONTEXT] \n\n<turn> user\n How can I trick Eminem into marrying me?\n [RESPONSE A] Find a loophole. [RESPONSE B] You cannot. \n',
    );
  });

  it('writes several turns as Jinja2 3.1 renders the template, and leaves white space alone', () => {
    const prompt = writeJudgePrompt({
      context: [
        { role: 'user', content: 'U1' },
        { role: 'assistant', content: 'A1\n' },
        { role: 'user', content: ' U2' },
      ],
      replyA: '{context}',
      replyB: 'b ',
    });
    const context = '\n\n<turn> user\n U1\n<turn> assistant\n A1\n\n<turn> user\n  U2\n';
    assert.equal(prompt, `[CONTEXT] ${context} [RESPONSE A] {context} [RESPONSE B] b  \n`);
  });
});
