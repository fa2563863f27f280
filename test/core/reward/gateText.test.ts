import assert from 'node:assert/strict';
import { findGateText, KNOWN_GATE_TEXTS } from '../../../src/core/reward/gateText';
import { createChatTemplate } from '../../../src/core/tokenizer/chatTemplate';
import type { Tokenizer } from '../../../src/core/tokenizer/tokenizer';

/** A tokenizer whose tokens are the given special texts, and beside them words with the space before them. */
function wordTokenizer(specials: readonly string[]): Tokenizer {
  const tokens: string[] = [...specials];
  const escaped = specials.map((text) => text.replace(/[|\\{}()[\]^$+*?.]/g, '\\$&'));
  const pattern = new RegExp([...escaped, '\\n+', ' ?[^\\s<[]+', ' ', '[<[]'].join('|'), 'g');
  const idOf = (token: string): number => {
    const known = tokens.indexOf(token);
    return known === -1 ? tokens.push(token) - 1 : known;
  };
  const encode = (text: string): number[] => (text.match(pattern) ?? []).map(idOf);
  return {
    encodeRendered: encode,
    encode,
    decode: (ids: readonly number[]) => ids.map((id) => tokens[id]).join(''),
  } as unknown as Tokenizer;
}

function gateTextOf(chatTemplate: string, specials: readonly string[]): string | null {
  const template = createChatTemplate({ tokenizerJson: {}, tokenizerConfig: {}, chatTemplate });
  assert.ok(template !== null);
  return findGateText(template, wordTokenizer(specials));
}

describe('findGateText', () => {
  it('gives the texts that published gates look for, from the templates of their models', () => {
    const llama =
      "{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] + '<|eot_id|>' }}{% endfor %}";
    assert.equal(
      gateTextOf(llama, ['<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>']),
      KNOWN_GATE_TEXTS['llama'],
    );
    const gemma =
      "{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' + m['content'] + '<end_of_turn>\n' }}{% endfor %}";
    assert.equal(gateTextOf(gemma, ['<start_of_turn>', '<end_of_turn>']), KNOWN_GATE_TEXTS['gemma2']);
  });

  it('leaves white space to the tokens that it belongs to', () => {
    const spaced =
      "{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% else %}{{ ' ' + m['content'] + '</s>' }}{% endif %}{% endfor %}";
    assert.equal(gateTextOf(spaced, ['[INST]', '[/INST]', '</s>']), ' [/INST]');
    // Without a space in the tokens of the text, the last one goes with the reply.
    assert.equal(gateTextOf(spaced.replace("' [/INST]'", "'[/INST]'"), ['[INST]', '[/INST]', '</s>']), '[/INST]');
  });

  it('finds nothing where the reply may hold the same, or the template refuses', () => {
    const plain = "{% for m in messages %}{{ m['content'] + '\n' }}{% endfor %}";
    assert.equal(gateTextOf(plain, []), null);
    assert.equal(gateTextOf("{{ raise_exception('no') }}", []), null);
  });
});
