/** Chat templates by the names that recipes may give, in Jinja. Each format as its models document it. */
export const chatTemplates: Readonly<Record<string, string>> = {
  chatml:
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
  llama3:
    "{{ bos_token }}{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
  mistral:
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'assistant' %}{{ ' ' + message['content'] | trim + eos_token }}" +
    "{% elif message['role'] == 'system' %}{{ '[INST] ' + message['content'] | trim + ' [/INST]' }}" +
    "{% else %}{{ '[INST] ' + message['content'] | trim + ' [/INST]' }}{% endif %}{% endfor %}",
  alpaca:
    "{% for message in messages %}{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}" +
    "{% elif message['role'] == 'user' %}{{ '### Instruction:\\n' + message['content'] + '\\n\\n' }}" +
    "{% else %}{{ '### Response:\\n' + message['content'] + eos_token + '\\n\\n' }}{% endif %}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '### Response:\\n' }}{% endif %}",
  exaone:
    "{% for message in messages %}{{ '[|' + message['role'] + '|]' + message['content'] }}" +
    "{% if message['role'] == 'user' %}{{ '\\n' }}{% else %}{{ '[|endofturn|]\\n' }}{% endif %}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '[|assistant|]' }}{% endif %}",
};

/** The template that a recipe asks for; null: it is neither a known name nor Jinja. */
export function chatTemplateOf(chosen: string, ofModels: readonly (string | null)[]): string | null {
  if (chosen === 'auto') return mostCommon(ofModels);
  if (Object.hasOwn(chatTemplates, chosen)) return chatTemplates[chosen];
  return chosen.includes('{') && 20 <= chosen.length ? chosen : null;
}

function mostCommon(templates: readonly (string | null)[]): string | null {
  const counts = new Map<string, number>();
  for (const template of templates) {
    if (template !== null) counts.set(template.trim(), (counts.get(template.trim()) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? null;
}
