import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { GateRecipe } from '../src/core/training/recipe/headRecipe';
import type { TrainingPoint } from '../src/core/training/trainingReport';
import { writeGateData, type GateTask } from './support/gateData';
import { describeMachine } from './support/machine';
import { Peer } from './support/peer';
import { median } from './support/stopwatch';
import { printTable } from './support/table';

// A gate of ArmoRM's size on cached states that lie in a file, against torch. Both begin with the same weights and take the
// same number of steps, in turn: some steps and a look at the held-out pairs, then the other.

interface Round extends TrainingPoint {
  readonly wall: number;
  readonly cpu: number;
  readonly peakResident: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      pairs: { type: 'string', default: '20000' },
      steps: { type: 'string', default: '200' },
      'evaluate-every': { type: 'string', default: '20' },
      inputs: { type: 'string', default: '4096' },
      hidden: { type: 'string', default: '1024,1024,1024' },
      batch: { type: 'string', default: '1024' },
      threads: { type: 'string', default: '1' },
      folder: { type: 'string' },
    },
  });
  const [pairs, steps, threads] = [Number(values.pairs), Number(values.steps), Number(values.threads)];
  const heldOut = Math.round(pairs / 5);
  const shape = { inputs: Number(values.inputs), hidden: values.hidden.split(',').map(Number), objectives: 19 };
  const recipe: GateRecipe = {
    data: ['pairs'],
    hidden: shape.hidden,
    temperature: 10,
    dropout: 0.2,
    validation: 0.2,
    optimiser: {
      steps,
      batch: Number(values.batch),
      learningRate: 1e-3,
      weightDecay: 0,
      evaluateEvery: Number(values['evaluate-every']),
      patience: null,
    },
  };
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'alidade-gate-'));
  mkdirSync(folder, { recursive: true });
  try {
    const common = { folder, shape, training: pairs - heldOut, heldOut };
    const { factor, planted } = writeGateData(common);
    const rounds = await trainBoth({ ...common, factor, recipe }, threads);
    const size = `${shape.inputs} → ${shape.hidden.join(' → ')} → 19`;
    const head = `${size}, ${steps} steps of ${values.batch}, ${pairs} pairs, ${threads} threads`;
    console.log(`${describeMachine()}; ${head}; the planted gate is right on ${percent(planted)}\n`);
    report(rounds, Number(values['evaluate-every']));
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function trainBoth(task: GateTask, threads: number): Promise<ReadonlyMap<string, readonly Round[]>> {
  const contestants = [Peer.startProgram('gateTraining'), Peer.startTorch(threads, 'torchGate.py')];
  const rounds = new Map<string, Round[]>();
  try {
    const names: string[] = [];
    for (const contestant of contestants) {
      const { version } = await contestant.ask<{ version: string }>({ op: 'load', ...task, threads });
      names.push(version);
      rounds.set(version, []);
    }
    const count = Math.ceil(task.recipe.optimiser.steps / task.recipe.optimiser.evaluateEvery);
    for (let round = 0; round < count; round++) {
      const order = round % 2 === 0 ? [0, 1] : [1, 0];
      for (const index of order) rounds.get(names[index])?.push(await contestants[index].ask<Round>({ op: 'round' }));
    }
  } finally {
    for (const contestant of contestants) contestant.stop();
  }
  return rounds;
}

/** The first round has what is compiled and allocated once: it counts in the sums, not in the medians. */
function report(all: ReadonlyMap<string, readonly Round[]>, steps: number): void {
  const rows = [...all].map(([name, rounds]) => {
    const later = rounds.slice(1);
    const last = rounds[rounds.length - 1];
    return [
      name,
      milliseconds(median(later.map(({ cpu }) => cpu)) / steps),
      milliseconds(median(later.map(({ wall }) => wall)) / steps),
      rounds.reduce((sum, { cpu }) => sum + cpu, 0).toFixed(1),
      (last.peakResident / 1e6).toFixed(0),
      last.loss.toFixed(4),
      (last.heldOutLoss ?? NaN).toFixed(4),
      percent(Math.max(...rounds.map(({ heldOutAccuracy }) => heldOutAccuracy ?? 0))),
    ];
  });
  printTable(
    ['', 'CPU ms a step', 'wall ms a step', 'CPU s', 'peak MB', 'loss', 'held-out loss', 'best held-out accuracy'],
    rows,
  );
  const [own, peer] = [...all.values()];
  const ratios = own.slice(1).map(({ cpu }, index) => (peer[index + 1]?.cpu ?? NaN) / cpu);
  console.log(`\nspeed of Alidade over torch by CPU time, median over rounds: ${median(ratios).toFixed(2)}`);
}

function milliseconds(seconds: number): string {
  return (1000 * seconds).toFixed(0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

void main();
