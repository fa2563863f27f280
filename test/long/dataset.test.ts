import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { finishCli, startCli } from '../cli/runCli';
import { writeTinyClassifier } from '../cli/tinyVariants';
import { seededRandom } from '../fixtures/seededRandom';
import { useTemporaryCache } from '../fixtures/temporaryCache';

// A large data set through the built command line, on a model so small that the rows are all the work.
// ALIDADE_LONG_ROWS, ALIDADE_LONG_KILLS and ALIDADE_LONG_SEED make a shorter or another series of it.

const rowCount = Number(process.env['ALIDADE_LONG_ROWS'] ?? 100_000);
const killCount = Number(process.env['ALIDADE_LONG_KILLS'] ?? 15);
const seed = Number(process.env['ALIDADE_LONG_SEED'] ?? 1);
/** Rows after which memory must not grow any more. */
const settledRows = Math.min(5_000, Math.floor(rowCount / 4));
/** What the allocator and the collector may add in passing, bytes. */
const allowedGrowth = 12e6;

interface Sample {
  readonly outputBytes: number;
  readonly resident: number; // bytes
}

describe(`a data set of ${rowCount} rows`, function () {
  this.timeout(60 * 60_000);
  useTemporaryCache();
  let folder = '';
  let undisturbed = { seconds: 0, hash: '' };
  const path = (name: string): string => join(folder, name);

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'alidade-long-'));
    writeTinyClassifier(path('model'), ['helpful', 'brief']);
    await writeRows(path('rows.jsonl'));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (output: string, ...more: readonly string[]): ReturnType<typeof startCli> => {
    const args = ['score', '--model', path('model'), '--device', 'cpu', '--quiet', '--output', path(output), ...more];
    const child = startCli([...args, path('rows.jsonl')]);
    child.stdin.end();
    return child;
  };

  it('is scored in memory that does not grow', async function () {
    if (process.platform === 'win32') this.skip(); // no ps
    const began = performance.now();
    const child = start('undisturbed.jsonl');
    const ended = finishCli(child);
    const samples = await watchMemory(child, path('undisturbed.jsonl.part'));
    const { status, stderr } = await ended;
    assertScored(status, stderr);
    undisturbed = { seconds: (performance.now() - began) / 1000, hash: await hashFile(path('undisturbed.jsonl')) };

    const bytesPerRow = statSync(path('undisturbed.jsonl')).size / rowCount;
    const settled = samples.filter(({ outputBytes }) => settledRows * bytesPerRow <= outputBytes);
    assert.ok(20 <= settled.length, `only ${settled.length} samples: the series is too short`);
    const third = Math.floor(settled.length / 3);
    const [early, late] = [settled.slice(0, third), settled.slice(-third)].map(medianResident) as [number, number];
    console.log(
      `      ${undisturbed.seconds.toFixed(0)} s, ${samples.length} samples; resident after ${settledRows} rows: ` +
        `first third ${megabytes(early)}, last third ${megabytes(late)}, most ${megabytes(settled.reduce((most, { resident }) => Math.max(most, resident), 0))}`,
    );
    assert.ok(late - early < allowedGrowth, `grew from ${megabytes(early)} to ${megabytes(late)}`);
  });

  it('gives the same file when it is killed at any moment and resumed', async () => {
    if (undisturbed.hash === '') {
      const began = performance.now();
      const { status, stderr } = await finishCli(start('undisturbed.jsonl'));
      assertScored(status, stderr);
      undisturbed = { seconds: (performance.now() - began) / 1000, hash: await hashFile(path('undisturbed.jsonl')) };
    }
    const random = seededRandom(seed);
    let kills = 0;
    const places: number[] = [];
    for (let attempt = 0; ; attempt += 1) {
      const child = start('killed.jsonl', '--resume');
      const ended = finishCli(child);
      if (kills < killCount) {
        // Twice its share of the whole, so that some kills come while it starts and some when it has gone far.
        const moment = 2000 * random.next() * (undisturbed.seconds / killCount);
        const winner = await Promise.race([ended, delay(moment, null, { ref: false })]);
        if (winner === null) {
          child.kill('SIGKILL');
          kills += 1;
          await ended;
          places.push(existsSync(path('killed.jsonl.part')) ? statSync(path('killed.jsonl.part')).size : 0);
          assert.ok(!existsSync(path('killed.jsonl')), 'the output appeared before it was complete');
          continue;
        }
      }
      const { status, stderr } = await ended;
      assertScored(status, stderr);
      break;
    }
    console.log(`      ${kills} kills, with ${places.map(megabytes).join(', ')} written`);
    assert.ok(0 < kills, 'it was never killed');
    assert.equal(await hashFile(path('killed.jsonl')), undisturbed.hash);
    assert.ok(!existsSync(path('killed.jsonl.part')), 'the part file is still there');
  });
});

/** All rows were scored but those that cannot be, which the exit status tells. */
function assertScored(status: number | null, stderr: string): void {
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^error: \d+ of \d+ rows could not be scored/m);
}

/** Short rows of every kind, and now and then one that cannot be scored. */
async function writeRows(path: string): Promise<void> {
  const random = seededRandom(seed);
  const text = (): string => Math.floor(random.next() * 1e9).toString(36);
  const stream = createWriteStream(path);
  for (let index = 0; index < rowCount; index += 1) {
    const kind = random.next();
    const row =
      kind < 0.01
        ? { id: index, nothing: text() }
        : kind < 0.5
          ? { id: index, prompt: text(), response: text() }
          : kind < 0.9
            ? { id: index, prompt: text(), chosen: text(), rejected: text() }
            : { id: index, prompt: text(), responses: [text(), text(), text()] };
    if (!stream.write(`${JSON.stringify(row)}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'close');
}

/** Resident memory of a process until it ends, beside how much it has written. */
async function watchMemory(child: ChildProcess, part: string): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const resident = readResident(child.pid ?? 0);
    if (resident !== null && existsSync(part)) samples.push({ outputBytes: sizeOf(part), resident });
    await delay(200);
  }
  return samples;
}

/** Bytes; null when the process has gone. */
function readResident(pid: number): number | null {
  try {
    if (process.platform === 'linux') {
      const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return match === null ? null : Number(match[1]) * 1024;
    }
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) * 1024;
  } catch {
    return null;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0; // moved into place in between
  }
}

function medianResident(samples: readonly Sample[]): number {
  const sorted = samples.map(({ resident }) => resident).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
