import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/engine/checkpoint/starterFile';
import { writeLargeCheckpoint } from './support/largeCheckpoint';
import type { LargeCheckpoint } from './support/largeCheckpoint';
import { describeMachine } from './support/machine';
import { printTable } from './support/table';

// A checkpoint of 8B shapes, random BF16: converted to int4 and scored by `alidade score` in a process of its own, then
// started again with what the first process has left in the cache. Linux only (/proc). Needs `npm run build`, and
// in --folder room for 1.6 times the checkpoint (26 GB for all 32 layers); everything there is removed afterwards.

interface ProcessRun {
  readonly seconds: number;
  readonly peakResident: number; // bytes, with pages of mapped files
  readonly peakAnonymous: number; // bytes
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      layers: { type: 'string', default: '32' },
      dtype: { type: 'string', default: 'int4' },
      keep: { type: 'boolean', default: false },
    },
  });
  if (values.folder === undefined) throw new Error('say where there is room for it: --folder DIR');
  mkdirSync(values.folder, { recursive: true });
  const folder = mkdtempSync(join(values.folder, 'large-checkpoint-'));
  try {
    const began = performance.now();
    const checkpoint = await writeLargeCheckpoint(join(folder, 'model'), Number(values.layers));
    console.log(`${describeMachine()}; ${values.layers} layers, ${gigabytes(checkpoint.bytes)}, ${values.dtype}`);
    console.log(`written in ${since(began).toFixed(0)} s\n`);
    await measure(folder, checkpoint, values.dtype);
  } finally {
    if (!values.keep) rmSync(folder, { recursive: true });
  }
}

async function measure(folder: string, { bytes, shards }: LargeCheckpoint, dtype: string): Promise<void> {
  const rows = join(folder, 'rows.jsonl');
  writeFileSync(rows, `${JSON.stringify({ text: 'How does a compass find north?' })}\n`);
  // The same shard before and after, since the page cache and other work change between them.
  const before = await copyRate(shards[0] ?? '');
  const first = await score(folder, rows, dtype);
  const after = await copyRate(shards[0] ?? '');
  const second = await score(folder, rows, dtype);
  const conversion = bytes / (first.seconds - second.seconds);
  const copy = Math.max(before, after);
  printTable(
    ['', 'seconds', 'peak resident', 'of it anonymous'],
    [
      ['first start: conversion and one score', first.seconds.toFixed(1), ...memory(first)],
      ['second start: one score', second.seconds.toFixed(1), ...memory(second)],
    ],
  );
  const rates = `copying a shard: ${gigabytes(before)}/s and ${gigabytes(after)}/s; conversion: ${gigabytes(conversion)}/s`;
  console.log(`\n${rates}, ${(conversion / copy).toFixed(2)} of the faster copy`);
}

/** Bytes a second of reading a file and writing it again, down to the disk. */
async function copyRate(path: string): Promise<number> {
  const copy = join(dirname(path), 'copy.safetensors');
  const began = performance.now();
  copyFileSync(path, copy);
  const file = await open(copy, 'r+');
  await file.sync();
  await file.close();
  const rate = statSync(path).size / since(began);
  rmSync(copy);
  return rate;
}

async function score(folder: string, rows: string, dtype: string): Promise<ProcessRun> {
  const cli = join(packageRoot(), 'dist', 'cli.js');
  if (!existsSync(cli)) throw new Error('dist/cli.js is not there: npm run build');
  const args = [cli, 'score', '--quiet', '--model', join(folder, 'model'), '--device', 'cpu', '--dtype', dtype, rows];
  const began = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ALIDADE_CACHE: join(folder, 'cache') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let [peakResident, peakAnonymous, output] = [0, 0, ''];
  const timer = setInterval(() => {
    const status = readStatus(child.pid ?? 0);
    peakResident = Math.max(peakResident, status.VmHWM ?? 0);
    peakAnonymous = Math.max(peakAnonymous, status.RssAnon ?? 0);
  }, 50);
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (status !== 0) throw new Error(`alidade score ended with status ${status}: ${output}`);
  return { seconds: since(began), peakResident, peakAnonymous };
}

/** Bytes by key of /proc/PID/status; nothing when the process has gone. */
function readStatus(pid: number): Partial<Record<'VmHWM' | 'RssAnon', number>> {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Object.fromEntries(
      [...text.matchAll(/^(VmHWM|RssAnon):\s+(\d+) kB/gm)].map(([, key, value]) => [key, Number(value) * 1024]),
    );
  } catch {
    return {};
  }
}

function memory({ peakResident, peakAnonymous }: ProcessRun): string[] {
  return [peakResident, peakAnonymous].map(gigabytes);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

function since(start: number): number {
  return (performance.now() - start) / 1000;
}

void main();
