// A provider for promptfoo: answers of the model that `alidade serve` runs on this machine.
//
//   providers:
//     - id: file://promptfoo/provider.mjs
//       label: starter
//       config: { temperature: 0, maxTokens: 200 }
//
// config: url, tokenEnv, timeoutMs (server.mjs); model, system, temperature, maxTokens, topP, topK, seed, stop.
import { messagesOf, post, serverOf } from './server.mjs';

/** How the server calls what the configuration names. */
const fields = {
  model: 'model',
  temperature: 'temperature',
  maxTokens: 'max_tokens',
  topP: 'top_p',
  topK: 'top_k',
  seed: 'seed',
  stop: 'stop',
};

export default class AlidadeProvider {
  /** @param {{id?: string, label?: string, config?: Record<string, any>, env?: Record<string, string>}} options */
  constructor({ id, label, config = {}, env = {} } = {}) {
    this.label = label;
    this.config = config;
    this.env = env;
    this.providerId = id ?? `alidade:${config.model ?? 'chat'}`;
  }

  id() {
    return this.providerId;
  }

  toString() {
    return `[Alidade ${this.providerId}]`;
  }

  /**
   * @param {string} prompt
   * @param {{prompt?: {config?: Record<string, any>}}} [context]
   * @param {{abortSignal?: AbortSignal}} [options]
   * @returns {Promise<{output?: string, error?: string, tokenUsage?: object, cost?: number, finishReason?: string, metadata?: object}>}
   */
  async callApi(prompt, context, options) {
    const config = { ...this.config, ...context?.prompt?.config };
    const asked = Object.entries(fields).filter(([name]) => config[name] !== undefined);
    const body = {
      messages: withSystem(messagesOf(prompt), config.system),
      ...Object.fromEntries(asked.map(([name, field]) => [field, config[name]])),
    };
    try {
      const server = serverOf(config, { ...process.env, ...this.env });
      const answer = await post(server, { path: '/v1/chat/completions', body, signal: options?.abortSignal });
      const [choice] = answer.choices;
      const { total_tokens: total, prompt_tokens: read, completion_tokens: written } = answer.usage;
      return {
        output: choice.message.content,
        finishReason: choice.finish_reason,
        tokenUsage: { total, prompt: read, completion: written, numRequests: 1 },
        cost: 0,
        metadata: { model: answer.model },
      };
    } catch (error) {
      return { error: error.message };
    }
  }
}

function withSystem(messages, system) {
  return typeof system === 'string' && messages[0].role !== 'system'
    ? [{ role: 'system', content: system }, ...messages]
    : messages;
}
