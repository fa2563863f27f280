import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { FeatureMatrix } from '../../src/core/training/featureMatrix';
import type { TrainingPoint } from '../../src/core/training/trainingReport';
import { trainGate } from '../../src/engine/training/trainGate';
import { benchmarkContext } from '../support/benchmarkContext';
import type { GateTask } from '../support/gateData';

// Answers the commands of peers/torchGate.py with Alidade's own training.

type Answer = Readonly<Record<string, unknown>>;

async function main(): Promise<void> {
  let round: (() => Promise<Answer>) | null = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const { op, ...command } = JSON.parse(line) as { op: string } & GateTask & { threads: number };
    let answer: Answer;
    try {
      if (op === 'load') {
        round = begin(command);
        answer = { version: 'alidade' };
      } else {
        answer = (await round?.()) ?? {};
      }
    } catch (error) {
      answer = { error: String(error) };
    }
    console.log(JSON.stringify(answer));
  }
}

/** @returns a function that lets the training go on up to its next look. */
function begin({ folder, shape, training, heldOut, recipe, threads }: GateTask & { threads: number }) {
  const differences = new Float64Array(Uint8Array.from(readFileSync(join(folder, 'differences.f64'))).buffer);
  const pairs = training + heldOut;
  const all = Int32Array.from({ length: pairs }, (_, pair) => pair);
  const gate = statesInFile(join(folder, 'states.f32'), pairs, shape.inputs);
  let answered: (answer: Answer) => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  let goOn: () => void = () => undefined;
  let started = { wall: 0, cpu: 0 };
  let isRunning = false;
  const onPoint = (point: TrainingPoint): void => {
    const now = times();
    answered({
      ...point,
      wall: now.wall - started.wall,
      cpu: now.cpu - started.cpu,
      peakResident: process.resourceUsage().maxRSS * 1024,
    });
  };
  return (): Promise<Answer> => {
    const answer = new Promise<Answer>((resolve, reject) => ([answered, failed] = [resolve, reject]));
    started = times();
    if (isRunning) {
      goOn();
    } else {
      isRunning = true;
      trainGate(
        {
          gate,
          prompts: all,
          differences,
          training: all.subarray(0, training),
          heldOut: all.subarray(training),
          objectives: Array.from({ length: shape.objectives }, (_, index) => `objective ${index}`),
          recipe,
          seed: 1,
          threads,
          onPoint,
          onCheckpoint: () => new Promise<void>((resolve) => (goOn = resolve)),
        },
        benchmarkContext,
      ).then(
        () => gate.close(),
        (error: unknown) => failed(error),
      );
    }
    return answer;
  };
}

/** Rows of a file, read where they are asked for. */
function statesInFile(path: string, rows: number, columns: number): FeatureMatrix & { close(): void } {
  const file = openSync(path, 'r');
  return {
    rows,
    columns,
    readRows(indices, into) {
      const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
      const size = 4 * columns;
      for (let at = 0; at < indices.length; at++) readSync(file, bytes, at * size, size, indices[at] * size);
    },
    close: () => closeSync(file),
  };
}

function times(): { wall: number; cpu: number } {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

void main();
