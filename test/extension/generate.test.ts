import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LanguageModelChat, LanguageModelChatMessage, SecretStorage } from 'vscode';
import { commands, env, EventEmitter, LanguageModelError, Position, Selection, workspace } from 'vscode';
import { AlidadeError } from '../../src/core/alidadeError';
import type { ErrorCode } from '../../src/core/alidadeError';
import type { ChatCompletionBody } from '../../src/core/generation/chatCompletion';
import { generateWithProgress } from '../../src/extension/generation/answerSession';
import { openGenerator } from '../../src/extension/generation/currentGenerator';
import { openEditorGenerator } from '../../src/extension/generation/editorGenerator';
import { openEndpointGenerator } from '../../src/extension/generation/endpointGenerator';
import type { Generator } from '../../src/extension/generation/generator';
import { rejects } from '../fixtures/rejects';
import { openText, promptyText, replaceText, writeTinySpeaker } from './promptBench';
import { activated, chatRow, pairRow, setSetting, until, useBench } from './workbench';

const messages = [{ role: 'user', content: 'Name a colour.' }];
const options = { count: 3, temperature: 1, maxNewTokens: 16, seed: 7 };
const context = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

type Reply = { readonly status: number; readonly body: string; readonly headers?: Record<string, string> } | null;

/** An OpenAI-compatible server that answers as the test says; null: never. */
function useEndpoint(): {
  readonly address: () => string;
  readonly bodies: ChatCompletionBody[];
  readonly keys: (string | undefined)[];
  readonly reply: (answer: (body: ChatCompletionBody) => Reply | Promise<Reply>) => void;
} {
  const bodies: ChatCompletionBody[] = [];
  const keys: (string | undefined)[] = [];
  let answer: (body: ChatCompletionBody) => Reply | Promise<Reply> = () => null;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const body = JSON.parse(text) as ChatCompletionBody;
    bodies.push(body);
    keys.push(request.headers.authorization);
    const reply = await answer(body);
    if (reply !== null) response.writeHead(reply.status, reply.headers ?? {}).end(reply.body);
  };
  const server = createServer((request, response) => void handle(request, response));
  before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  beforeEach(() => {
    bodies.length = 0;
    keys.length = 0;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bodies,
    keys,
    reply: (given) => (answer = given),
  };
}

function completion(...texts: readonly string[]): Reply {
  const choices = texts.map((content, index) => ({
    index,
    message: { role: 'assistant', content },
    finish_reason: 'stop',
  }));
  return { status: 200, body: JSON.stringify({ object: 'chat.completion', choices }) };
}

function refusal(status: number, message: string, headers: Record<string, string> = {}): Reply {
  return { status, body: JSON.stringify({ error: { message, type: 'x', param: null, code: null } }), headers };
}

function secretsOf(entries: Record<string, string> = {}): SecretStorage {
  return {
    get: (key) => Promise.resolve(entries[key]),
    store: () => Promise.resolve(),
    delete: () => Promise.resolve(),
    onDidChange: new EventEmitter<never>().event,
  };
}

function withoutTrust<Result>(action: () => Result): Result {
  const original = Object.getOwnPropertyDescriptor(workspace, 'isTrusted');
  assert.ok(original);
  Object.defineProperty(workspace, 'isTrusted', { ...original, get: () => false });
  try {
    return action();
  } finally {
    Object.defineProperty(workspace, 'isTrusted', original);
  }
}

describe('an endpoint', function () {
  this.timeout(30_000);
  const server = useEndpoint();
  const open = (secrets = secretsOf(), timeout = 10_000): Generator => openEndpointGenerator({ secrets, timeout });

  before(async () => {
    await setSetting('generator.endpoint', `${server.address()}/v1`);
    await setSetting('generator.endpointModel', 'parrot');
  });
  after(async () => {
    await setSetting('generator.endpoint', undefined);
    await setSetting('generator.endpointModel', undefined);
  });

  it('is asked once for all answers, with the settings and with the key that is meant for it', async () => {
    server.reply(({ n }) => completion(...Array.from({ length: n ?? 1 }, (_, index) => `answer ${index}`)));
    const told: string[] = [];
    const keys = JSON.stringify({ [server.address()]: 'secret', 'http://elsewhere': 'other' });
    const answers = await open(secretsOf({ 'alidade.endpointKeys': keys })).generate(messages, options, {
      ...context(),
      onAnswer: ({ text }, index) => told.push(`${index}: ${text}`),
    });
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['answer 0', 'answer 1', 'answer 2'],
    );
    assert.deepEqual(told, ['0: answer 0', '1: answer 1', '2: answer 2']);
    assert.deepEqual(server.bodies, [
      { model: 'parrot', messages, temperature: 1, max_tokens: 16, n: 3, seed: 7, stream: false },
    ]);
    assert.deepEqual(server.keys, ['Bearer secret']);
  });

  it('is asked again where it gives one answer at a time, and gets no key that is meant for others', async () => {
    server.reply(({ seed }) => completion(`seed ${seed}`));
    const answers = await open(secretsOf({ 'alidade.endpointKeys': '{"http://elsewhere":"other"}' })).generate(
      messages,
      options,
      context(),
    );
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['seed 7', 'seed 8', 'seed 9'],
    );
    assert.deepEqual(server.keys, [undefined, undefined, undefined]);
  });

  it('is asked in the form that it can take', async () => {
    server.reply((body) => {
      if (body.n !== undefined) return refusal(400, '`n` must be 1');
      if (body.max_tokens !== undefined) return refusal(400, "Use 'max_completion_tokens' instead of 'max_tokens'");
      if (body.seed !== undefined) return refusal(422, 'extra field: seed');
      return completion('fine');
    });
    const answers = await open().generate(messages, { ...options, count: 2 }, context());
    assert.equal(answers.length, 2);
    assert.deepEqual(server.bodies.at(-1), {
      model: 'parrot',
      messages,
      temperature: 1,
      max_completion_tokens: 16,
      stream: false,
    });
    assert.equal(server.bodies.length, 5, 'what it has refused once is not tried again');
  });

  for (const [what, reply, code, message] of [
    ['no key', refusal(401, 'Bad key'), 'permission', /refuses the request without a key \(401\): Bad key/],
    ['no such model', refusal(404, 'No model parrot'), 'not_found', /404\): No model parrot/],
    ['too much', refusal(429, 'Slow down', { 'retry-after': '7' }), 'device', /too many requests/],
    ['a failure', refusal(503, 'Overloaded'), 'device', /answered 503: Overloaded/],
    ['what is not JSON', { status: 200, body: '<html>Log in</html>' }, 'format', /not JSON: <html>Log in/],
    ['JSON of another kind', { status: 200, body: '{"ok":true}' }, 'format', /without `choices`/],
    ['no text', completion(), 'format', /without any text/],
  ] satisfies (readonly [string, Reply, ErrorCode, RegExp])[]) {
    it(`that answers with ${what} is told in words`, async () => {
      server.reply(() => reply);
      const error = await rejects(() => open().generate(messages, options, context()), code, message);
      assert.notEqual(error.hint, undefined);
    });
  }

  it('that never answers is given up after a while', async () => {
    server.reply(() => null);
    const begin = performance.now();
    await rejects(() => open(secretsOf(), 300).generate(messages, options, context()), 'device', /within 0\.3 s/);
    assert.ok(performance.now() - begin < 5000);
  });

  it('is given up at once when it is stopped', async () => {
    server.reply(() => null);
    const controller = new AbortController();
    const asked = open().generate(messages, options, { signal: controller.signal });
    await until('the request has come', () => server.bodies.length === 1);
    controller.abort();
    await rejects(() => asked, 'cancelled');
  });

  it('where nothing listens is told by name', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    await setSetting('generator.endpoint', `http://127.0.0.1:${port}`);
    const error = await rejects(
      () => open().generate(messages, options, context()),
      'not_found',
      /http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\)/,
    );
    assert.match(String(error.hint), /start the server/);
    await setSetting('generator.endpoint', `${server.address()}/v1`);
  });

  it('has to be an address without a password in it', async () => {
    for (const [address, message] of [
      ['', /no endpoint/],
      ['file:///etc/passwd', /not the address/],
      ['http://me:secret@example.invalid', /user name or a password/],
    ] as const) {
      await setSetting('generator.endpoint', address);
      const error = await rejects(() => Promise.resolve().then(() => open()), 'usage', message);
      assert.doesNotMatch(error.message, /secret/);
    }
    await setSetting('generator.endpoint', `${server.address()}/v1`);
  });
});

describe('a language model of the editor', function () {
  this.timeout(30_000);
  /** The boundary of the editor's API: the model that another extension would give. */
  function editorModels(
    send: (messages: readonly LanguageModelChatMessage[]) => AsyncIterable<string> | Promise<never>,
  ): { readonly selectChatModels: () => Promise<LanguageModelChat[]> } {
    const model = {
      id: 'parrot-1',
      name: 'Parrot',
      vendor: 'zoo',
      sendRequest: async (sent: readonly LanguageModelChatMessage[]) => ({ text: await send(sent) }),
    };
    return { selectChatModels: () => Promise.resolve([model as unknown as LanguageModelChat]) };
  }
  async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
    for (const text of texts) yield await Promise.resolve(text);
  }

  it('answers one time after the other', async () => {
    let asked = 0;
    const generator = await openEditorGenerator({
      models: editorModels(() => pieces('answer ', String((asked += 1)))),
    });
    assert.equal(generator.label, 'Parrot of zoo');
    const answers = await generator.generate(messages, options, context());
    assert.deepEqual(
      answers.map(({ text }) => text),
      ['answer 1', 'answer 2', 'answer 3'],
    );
  });

  it('is missed in words where the editor has none', async () => {
    const models = { selectChatModels: () => Promise.resolve([]) };
    const error = await rejects(() => openEditorGenerator({ models }), 'not_found', /no language model/);
    assert.match(String(error.hint), /install an extension/);
  });

  for (const [what, error, code, message] of [
    ['the user has not allowed', LanguageModelError.NoPermissions('not allowed'), 'permission', /may not be used/],
    ['blocks the request', LanguageModelError.Blocked('quota'), 'permission', /blocks the request: quota/],
    ['has gone', LanguageModelError.NotFound('gone'), 'not_found', /not there any more/],
    [
      'refuses to answer',
      Object.assign(new LanguageModelError('failed'), { cause: new Error('off_topic') }),
      'permission',
      /refuses to answer the prompt: off_topic/,
    ],
    ['fails', new Error('socket closed'), 'device', /failed: socket closed/],
  ] satisfies (readonly [string, Error, ErrorCode, RegExp])[]) {
    it(`that ${what} is told in words`, async () => {
      const generator = await openEditorGenerator({ models: editorModels(() => Promise.reject(error)) });
      await rejects(() => generator.generate(messages, options, context()), code, message);
    });
  }

  it('that falls silent is given up, even when it does not hear that', async () => {
    async function* silent(): AsyncGenerator<string> {
      yield 'Well, ';
      await new Promise(() => undefined);
    }
    const generator = await openEditorGenerator({ models: editorModels(silent), timeout: 200 });
    await rejects(() => generator.generate(messages, options, context()), 'device', /did not say anything for 0\.2 s/);
  });

  it('is given up at once when it is stopped', async () => {
    const controller = new AbortController();
    async function* silent(): AsyncGenerator<string> {
      yield 'Well, ';
      controller.abort();
      await new Promise(() => undefined);
    }
    const generator = await openEditorGenerator({ models: editorModels(silent) });
    await rejects(() => generator.generate(messages, options, { signal: controller.signal }), 'cancelled');
  });
});

describe('Generate and Score', function () {
  this.timeout(90_000);
  const bench = useBench();
  const server = useEndpoint();

  before(async () => {
    await setSetting('generator.answers', 3);
    await setSetting('generator.maxNewTokens', 8);
    await setSetting('generator.endpoint', server.address());
    await setSetting('generator.source', 'endpoint');
  });
  after(async () => {
    for (const name of ['answers', 'maxNewTokens', 'endpoint', 'source', 'model'] as const) {
      await setSetting(`generator.${name}`, undefined);
    }
  });
  const speak = (...texts: readonly string[]): void => server.reply(() => completion(...texts));

  async function shown(): Promise<
    Extract<NonNullable<ReturnType<Awaited<ReturnType<typeof activated>>['breakdown']>>['state'], { kind: 'row' }>
  > {
    const api = await activated();
    return until('the answers are ranked', () => {
      const state = api.breakdown()?.state;
      return state?.kind === 'row' && state.row.kind === 'list' && state;
    });
  }

  it('ranks the answers of a local model in the breakdown page', async () => {
    const speaker = join(bench.folder, 'speaker');
    writeTinySpeaker(speaker);
    await setSetting('generator.source', 'local');
    await setSetting('generator.model', speaker);
    await openText(bench.folder, 'local.prompt.md', 'Name a colour.\n');
    await commands.executeCommand('alidade.generateAndScore');
    const { row, names, location, stale } = await shown();
    assert.equal(row.responses.length, 3);
    assert.deepEqual(names, ['Answer 1 (cut off)', 'Answer 2 (cut off)', 'Answer 3 (cut off)']);
    assert.ok(row.responses.every(({ text }) => text.includes('Name a colour.')));
    assert.ok(row.responses.every(({ score }) => Number.isFinite(score)));
    assert.match(location.file, /local\.prompt\.md$/);
    assert.equal(stale, false);
    await setSetting('generator.source', 'endpoint');
  });

  it('copies the best answer', async () => {
    speak('Blue.', 'A very long answer about every colour that there is.', 'Red');
    await openText(bench.folder, 'best.prompt.md', 'Name a colour.\n');
    await commands.executeCommand('alidade.generateAndScore');
    const { row } = await shown();
    const scores = row.responses.map(({ score }) => score);
    await commands.executeCommand('alidade.copyBestAnswer');
    const best = ['Blue.', 'A very long answer about every colour that there is.', 'Red'][
      scores.indexOf(Math.max(...scores))
    ];
    assert.equal(await env.clipboard.readText(), best);
  });

  it('fills the variables with the input in use', async () => {
    speak('Blue.', 'Red.', 'Green.');
    const header = 'inputs:\n  topic:\n    type: string\n    sample: the sky\n';
    await openText(bench.folder, 'input.prompty', promptyText('Name a colour of {{topic}}.', header));
    await commands.executeCommand('alidade.generateAndScore');
    await shown();
    assert.deepEqual(server.bodies[0]?.messages, [{ role: 'user', content: 'Name a colour of the sky.' }]);
  });

  it('ranks the response of a data row beside the answers, by its name', async () => {
    speak('Blue.', 'Red.', '');
    const editor = await bench.open('rows.jsonl', [chatRow, pairRow]);
    await commands.executeCommand('alidade.generateAndScore');
    assert.deepEqual((await shown()).names, ['In the file', 'Answer 1', 'Answer 2']);
    editor.selection = new Selection(1, 0, 1, 0);
    await commands.executeCommand('alidade.generateAndScore');
    const names = await until('the pair', async () => {
      const state = await shown();
      return state.names?.[0] === 'In the file (chosen)' && state.names;
    });
    assert.deepEqual(names.slice(0, 3), ['In the file (chosen)', 'In the file (rejected)', 'Answer 1']);
    assert.deepEqual(server.bodies.at(-1)?.messages, [{ role: 'user', content: pairRow.prompt }]);
  });

  it('keeps the result and marks it when the file is edited meanwhile', async () => {
    const editor = await openText(bench.folder, 'edited.prompt.md', 'Name a colour.\n');
    server.reply(async () => {
      await replaceText(editor, 'colour', 'number');
      return completion('Blue.', 'Red.', 'Green.');
    });
    await commands.executeCommand('alidade.generateAndScore');
    const api = await activated();
    const state = await until('it is marked', async () => {
      const now = await shown();
      return now.stale && now;
    });
    assert.equal(state.row.responses.length, 3);
    await replaceText(editor, 'number', 'colour');
    await until('it fits again', () => {
      const now = api.breakdown()?.state;
      return now?.kind === 'row' && !now.stale;
    });
  });

  it('keeps the result and marks it when the file is deleted', async () => {
    speak('Blue.', 'Red.', 'Green.');
    await openText(bench.folder, 'deleted.prompt.md', 'Name a colour, please.\n');
    await commands.executeCommand('alidade.generateAndScore');
    await until('the answers', async () => (await shown()).location.file.endsWith('deleted.prompt.md'));
    rmSync(join(bench.folder, 'deleted.prompt.md'));
    const state = await until('it is marked', async () => {
      const now = await shown();
      return now.stale && now;
    });
    assert.equal(state.gone, true);
    assert.equal(state.row.responses.length, 3);
  });

  it('asks nobody where the prompt cannot be rendered', async () => {
    speak('Blue.');
    await openText(bench.folder, 'broken.prompty', promptyText('{% for %}'));
    await commands.executeCommand('alidade.generateAndScore');
    assert.equal(server.bodies.length, 0);
    await commands.executeCommand('notifications.clearAll');
  });

  it('keeps what is complete when the rest is stopped or fails, and is silent when nothing is', async () => {
    const failing = (error: Error, complete: readonly string[]): Generator => ({
      label: 'parrot',
      generate: (_messages, _options, { onAnswer }) => {
        complete.forEach((text, index) => onAnswer?.({ text, finishReason: 'stop' }, index));
        return Promise.reject(error);
      },
    });
    const stopped = new AlidadeError({ code: 'cancelled', message: 'cancelled' });
    const broken = new AlidadeError({ code: 'device', message: 'the parrot has flown away' });
    const textsOf = async (generator: Generator): Promise<string[]> =>
      (await generateWithProgress(generator, messages, options)).map(({ text }) => text);
    assert.deepEqual(await textsOf(failing(stopped, ['a', 'b'])), ['a', 'b']);
    assert.deepEqual(await textsOf(failing(broken, ['a'])), ['a']);
    assert.deepEqual(await textsOf(failing(stopped, [])), []);
    await rejects(() => textsOf(failing(broken, [])), 'device', /flown away/);
    await commands.executeCommand('notifications.clearAll');
  });

  it('loads no model of a workspace that is not trusted', async () => {
    const root = workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
    const client = { generate: () => assert.fail('nothing may be generated') };
    await setSetting('generator.source', 'local');
    await setSetting('generator.model', join(root, 'model'));
    const opened = withoutTrust(() => openGenerator({ client, secrets: secretsOf() }));
    await rejects(() => opened, 'permission', /not trusted/);
    await setSetting('generator.source', 'endpoint');
  });

  it('says where no row or prompt is', async () => {
    const { document } = await bench.open('none.jsonl', [{ name: 'x' }]);
    await commands.executeCommand('alidade.generateAndScore', { uri: document.uri.toString(), line: 0, character: 0 });
    assert.equal(server.bodies.length, 0);
    assert.equal(document.lineAt(new Position(0, 0)).text, '{"name":"x"}');
    await commands.executeCommand('notifications.clearAll');
  });
});
