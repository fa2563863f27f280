import { AlidadeError } from '../../../src/core/alidadeError';
import type { ScorableInput, ScorableRow } from '../../../src/core/promptFile/scorableRow';
import type { RewardBreakdown, ScoredRow } from '../../../src/core/reward/rewardBreakdown';
import type {
  GenerationEvent,
  GenerationRequest,
  ModelService,
  RewardOptions,
  ServedModel,
} from '../../../src/server/modelService';

export const fakeModel: ServedModel = {
  name: 'fake',
  contextLength: 100,
  rewards: {
    name: 'fake',
    path: '/secret/fake',
    architecture: 'FakeForCausalLM',
    head: 'two meters',
    headKind: 'meters',
    objectives: [{ name: 'length' }, { name: 'half' }],
    device: 'cpu',
    deviceReason: 'asked for',
    dtype: 'f32',
    contextLength: 100,
    hash: 'abc',
    mode: 'mapped',
  },
  noCompletions: null,
};

/** A model whose numbers are known, which works as fast and as long as the test lets it. */
export class FakeService implements ModelService {
  readonly model: ServedModel;
  readonly batches: { readonly rows: readonly ScorableRow[]; readonly options: RewardOptions }[] = [];
  readonly generations: GenerationRequest[] = [];
  /** Work that has been cancelled. */
  cancelled = 0;
  /** Jobs at work. */
  running = 0;
  mostRunning = 0;
  #gate: Promise<void> = Promise.resolve();
  #stepsBefore = 0;

  constructor(model: Partial<ServedModel> = {}) {
    this.model = { ...fakeModel, ...model };
  }

  /** After so many more steps (batches, words) nothing goes on until the returned function is called. */
  hold({ after = 0 }: { readonly after?: number } = {}): () => void {
    let open = (): void => undefined;
    this.#stepsBefore = after;
    this.#gate = new Promise((resolve) => (open = resolve));
    return open;
  }

  async scoreBatch(
    rows: readonly ScorableRow[],
    options: RewardOptions,
    signal: AbortSignal,
  ): Promise<readonly ScoredRow[]> {
    this.batches.push({ rows, options });
    await this.#work(signal);
    return rows.map(scoreRow);
  }

  /** Says each word of the last message, with as many tokens as it has letters; `ids` and `text` likewise. */
  async generate(
    request: GenerationRequest,
    onEvent: (event: GenerationEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.generations.push(request);
    const { prompt, alternatives } = request;
    const text = prompt.kind === 'messages' ? (prompt.messages.at(-1)?.content ?? '') : textOf(prompt);
    if (text === 'too long') throw new AlidadeError({ code: 'too_long', message: 'too long', hint: 'shorten it' });
    if (text === 'fault') throw new TypeError('x is not a function');
    const logprob = (token: string, isEnd = false): GenerationEvent & { kind: 'piece' } => ({
      kind: 'piece',
      choice: 0,
      text: isEnd ? '' : token,
      logprobs:
        alternatives === null ? [] : [{ token, logprob: -0.5, top: [{ token: 'best', logprob: -0.25 }], isEnd }],
    });
    onEvent({
      kind: 'prompt',
      tokens: text.length,
      text: request.echo ? text : '',
      logprobs: request.echo && alternatives !== null ? [{ token: text, logprob: null, top: [], isEnd: false }] : [],
    });
    for (let choice = 0; choice < request.count; choice += 1) {
      const words = text.split(' ').slice(0, request.maxNewTokens);
      for (const word of words) {
        await this.#work(signal);
        onEvent({ ...logprob(word), choice });
      }
      if (text === 'then break') throw new AlidadeError({ code: 'device', message: 'the device was lost' });
      if (alternatives !== null) onEvent({ ...logprob('<end>', true), choice });
      onEvent({ kind: 'end', choice, finishReason: 'stop', tokens: words.length });
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    let onAbort = (): void => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      onAbort = () => reject(new AlidadeError({ code: 'cancelled', message: 'cancelled' }));
    });
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    try {
      this.#stepsBefore -= 1;
      await Promise.race([cancelled, this.#stepsBefore < 0 ? this.#gate : Promise.resolve()]);
    } catch (error) {
      this.cancelled += 1;
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.running -= 1;
    }
  }
}

export function scoreRow(row: ScorableRow): ScoredRow {
  switch (row.kind) {
    case 'single':
      return 'text' in row.input && row.input.text === 'bad'
        ? { id: row.id, error: { code: 'too_long', message: 'too many tokens' } }
        : { id: row.id, ...breakdown(row.input) };
    case 'pair': {
      const [chosen, rejected] = [breakdown(row.chosen), breakdown(row.rejected)];
      return { id: row.id, chosen, rejected, margin: chosen.score - rejected.score };
    }
    case 'list':
      return { id: row.id, responses: row.responses.map(breakdown), best: 0 };
  }
}

/** The score of a text is its length. */
function breakdown(input: ScorableInput): RewardBreakdown {
  const tokens = textOf(input).length;
  const objective = (name: string, reward: number): RewardBreakdown['objectives'][number] => ({
    name,
    reward,
    coefficient: 1,
    contribution: reward,
  });
  return {
    score: 1.5 * tokens,
    tokens,
    truncated: false,
    objectives: [objective('length', tokens), objective('half', tokens / 2)],
  };
}

function textOf(input: ScorableInput): string {
  switch (input.kind) {
    case 'messages':
      return input.messages.map(({ content }) => content).join('');
    case 'text':
      return input.text;
    case 'ids':
      return input.ids.join(' ');
  }
}
