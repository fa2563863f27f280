import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AlidadeError } from '../../src/core/alidadeError';
import type { Logger } from '../../src/core/jobContext';
import type { SidecarState } from '../../src/extension/sidecar/sidecarSupervisor';
import { SidecarSupervisor } from '../../src/extension/sidecar/sidecarSupervisor';
import { doctorRequest, sidecarProtocolVersion } from '../../src/protocol/sidecar';

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const never = new AbortController().signal;

/** Speaks just enough JSON-RPC over IPC; the request token of `doctor` says what it shall do. */
const fakeSidecar = `
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  const answer = (result) => process.send({ jsonrpc: '2.0', id: message.id, result });
  const fail = (error) => process.send({ jsonrpc: '2.0', id: message.id, error });
  if (message.method === 'initialize') {
    if (process.env.FAKE_MODE === 'dies') process.exit(7);
    const packageVersion = process.env.FAKE_VERSION ?? message.params.packageVersion;
    answer({ packageVersion, protocolVersion: ${sidecarProtocolVersion}, pid: process.pid, runtime: process.version });
  } else if (message.method === 'shutdown') { answer(null); setTimeout(() => process.exit(0), 5); }
  else if (message.method === 'doctor') {
    const what = message.params.requestToken;
    if (what === 'answer') answer({ ok: true, checks: [] });
    else if (what === 'print') { process.stdout.write('native text {"id":1}\\n'); answer({ ok: true, checks: [] }); }
    else if (what === 'refuse') fail({ code: -32803, message: 'no', data: { code: 'row', message: 'no', hint: 'write one' } });
    else if (what === 'exit') process.exit(3);
  }
});
`;

interface Bench {
  readonly supervisor: SidecarSupervisor;
  readonly states: SidecarState[];
  readonly starts: () => number;
  readonly delays: number[];
  readonly clock: { now: number };
  readonly ask: (what: string, signal?: AbortSignal) => Promise<unknown>;
}

describe('SidecarSupervisor', () => {
  let folder = '';
  let script = '';
  const opened: SidecarSupervisor[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-supervisor-'));
    script = join(folder, 'fakeSidecar.cjs');
    writeFileSync(script, fakeSidecar);
  });

  afterEach(() => {
    for (const supervisor of opened.splice(0)) supervisor.dispose();
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function bench(environment: Record<string, string> = {}, logger: Logger = silent): Bench {
    const states: SidecarState[] = [];
    const delays: number[] = [];
    const clock = { now: 0 };
    let starts = 0;
    const supervisor = new SidecarSupervisor({
      fork: () => {
        starts += 1;
        return fork(script, [], {
          env: { ...process.env, ...environment },
          execArgv: [],
          serialization: 'advanced',
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        });
      },
      packageVersion: '1.2.3',
      logger,
      onStateChange: (state) => states.push(state),
      onProgress: () => {},
      now: () => clock.now,
      wait: (milliseconds) => {
        delays.push(milliseconds);
        return Promise.resolve();
      },
    });
    opened.push(supervisor);
    const ask = (what: string, signal = never): Promise<unknown> =>
      supervisor.request(doctorRequest, { requestToken: what }, signal);
    return { supervisor, states, starts: () => starts, delays, clock, ask };
  }

  it('starts the process at the first request only, and once', async () => {
    const { supervisor, starts, ask } = bench();
    assert.equal(starts(), 0);
    assert.equal(supervisor.state.kind, 'stopped');
    await Promise.all([ask('answer'), ask('answer')]);
    assert.equal(starts(), 1);
    assert.equal(supervisor.state.kind, 'running');
  });

  it('rejects every pending request when the process is killed, and answers the next one', async () => {
    const { supervisor, ask, starts } = bench();
    await ask('answer');
    const pending = [ask('hang'), ask('hang')].map((request) =>
      assert.rejects(request, /ended before it answered.*SIGKILL/),
    );
    assert.equal(supervisor.state.kind, 'running');
    if (supervisor.state.kind === 'running') process.kill(supervisor.state.pid, 'SIGKILL');
    const begin = performance.now();
    await Promise.all(pending);
    assert.ok(performance.now() - begin < 1000, 'rejected within a second');
    assert.deepEqual(await ask('answer'), { ok: true, checks: [] });
    assert.equal(starts(), 2);
  });

  it('gives up after three exits without an answer between them', async () => {
    const { supervisor, ask, starts, delays } = bench();
    for (let exit = 0; exit < 3; exit += 1) await assert.rejects(ask('exit'), /exit status 3|channel closed/);
    await untilState(supervisor, 'failed');
    await assert.rejects(ask('answer'), /three times/);
    assert.equal(starts(), 3);
    assert.deepEqual(delays, [250, 1000]);
  });

  it('goes on when a request was answered between the exits', async () => {
    const { supervisor, ask, starts } = bench();
    for (let exit = 0; exit < 5; exit += 1) {
      await ask('answer');
      await assert.rejects(ask('exit'));
      await untilState(supervisor, 'stopped');
    }
    assert.equal(starts(), 5);
  });

  it('counts an error answer as an answer', async () => {
    const { supervisor, ask } = bench();
    for (let exit = 0; exit < 4; exit += 1) {
      await assert.rejects(ask('refuse'), (error) => error instanceof AlidadeError && error.hint === 'write one');
      await assert.rejects(ask('exit'));
      await untilState(supervisor, 'stopped');
    }
    assert.equal(supervisor.state.kind, 'stopped');
  });

  it('goes on when the exits are more than three minutes apart', async () => {
    const { supervisor, ask, clock } = bench();
    for (let exit = 0; exit < 5; exit += 1) {
      await assert.rejects(ask('exit'));
      await untilState(supervisor, 'stopped');
      clock.now += 2 * 60_000;
    }
  });

  it('fails when the process dies while it starts, and says so', async () => {
    const { supervisor, ask } = bench({ FAKE_MODE: 'dies' });
    for (let exit = 0; exit < 3; exit += 1) await assert.rejects(ask('answer'), /ended before it answered/);
    await untilState(supervisor, 'failed');
  });

  it('works again after a restart out of the failed state', async () => {
    const { supervisor, ask } = bench();
    for (let exit = 0; exit < 3; exit += 1) await assert.rejects(ask('exit'));
    await untilState(supervisor, 'failed');
    await supervisor.restart();
    assert.deepEqual(await ask('answer'), { ok: true, checks: [] });
  });

  it('refuses a process of another version', async () => {
    const { ask } = bench({ FAKE_VERSION: '9.9.9' });
    await assert.rejects(ask('answer'), /9\.9\.9.*1\.2\.3/);
  });

  it('rejects a cancelled request at once although the process says nothing', async () => {
    const { ask } = bench();
    await ask('answer');
    const controller = new AbortController();
    const pending = ask('hang', controller.signal);
    controller.abort();
    await assert.rejects(pending, (error) => error instanceof AlidadeError && error.code === 'cancelled');
    assert.deepEqual(await ask('answer'), { ok: true, checks: [] });
  });

  it('sends what the process prints to the log and keeps the channel clean', async () => {
    const lines: string[] = [];
    const { ask } = bench({}, { ...silent, info: (line) => lines.push(line) });
    await ask('print');
    await until(() => lines.includes('native text {"id":1}'));
  });

  it('rejects pending requests when it is stopped or disposed', async () => {
    const { supervisor, ask } = bench();
    await ask('answer');
    const first = assert.rejects(ask('hang'), /ended before it answered/);
    await supervisor.stop();
    await first;
    const second = ask('hang');
    await untilState(supervisor, 'running');
    supervisor.dispose();
    await assert.rejects(second, /closed/);
    await assert.rejects(ask('answer'), /closed/);
  });

  it('reports an executable that is not there', async () => {
    const supervisor = new SidecarSupervisor({
      fork: () =>
        fork(script, [], {
          execPath: join(folder, 'no-such-node'),
          execArgv: [],
          stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        }),
      packageVersion: '1.2.3',
      logger: silent,
      onStateChange: () => {},
      onProgress: () => {},
      wait: () => Promise.resolve(),
    });
    opened.push(supervisor);
    await assert.rejects(supervisor.request(doctorRequest, { requestToken: 'answer' }, never), /ENOENT|channel closed/);
  });
});

async function untilState(supervisor: SidecarSupervisor, kind: SidecarState['kind']): Promise<void> {
  await until(() => supervisor.state.kind === kind);
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 400; turn += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail('the condition never became true');
}
