import { statfs } from 'node:fs/promises';
import { describeBytes, describeDuration } from '../../core/describeQuantity';
import { estimateSeconds } from '../../core/merging/plan/mergeCosts';
import type { MergePlan, PlannedSource, PlannedTensor } from '../../core/merging/plan/mergePlan';
import { exitStatus, type CommandCall, type ExitStatus } from '../command';
import { writeTable } from '../writeTable';
import type { mergePlanOptions } from './mergeOptions';
import { planRecipe, type PlannedRecipe } from './planRecipe';

/** `alidade merge plan` */
export async function planMergeCommand({
  positionals,
  options,
  terminal,
  context,
}: CommandCall<typeof mergePlanOptions>): Promise<ExitStatus> {
  const planned = await planRecipe({ path: positionals[0], options, terminal }, context);
  const freeBytes = await freeSpace(process.cwd());
  if (options.json) await terminal.writeJson(planAsJson(planned, freeBytes));
  else await terminal.write(`${planned.stages.map((stage) => describePlan(stage, freeBytes)).join('\n')}`);
  return exitStatus.done;
}

/** As the command-line contract has it; the last stage, with the earlier ones in `stages`. */
export function planAsJson({ stages, problems }: PlannedRecipe, freeBytes: number | null): unknown {
  const last = stages[stages.length - 1];
  const warnings = problems.filter(({ severity }) => severity === 'warning');
  return {
    ...stageAsJson(last),
    freeBytes,
    warnings: warnings.map(({ code, message }) => ({ code, message })),
    ...(1 < stages.length ? { stages: stages.slice(0, -1).map(stageAsJson) } : {}),
  };
}

function stageAsJson(plan: MergePlan): Record<string, unknown> {
  const { name, method, dtype, bytes, readBytes, peakBytes, layerCount, tensors, files, models, dropped } = plan;
  return {
    ...(name === null ? {} : { name }),
    method,
    dtype,
    bytes,
    readBytes,
    peakBytes,
    layers: layerCount,
    models: models.map(({ key, path }) => ({ model: key, path })),
    files: files.map((file) => ({ name: file.name, bytes: file.bytes })),
    tensors: tensors.map((tensor) => tensorAsJson(tensor, plan)),
    dropped: dropped.map(({ model, tensor, reason }) => ({ model: models[model].key, tensor, reason })),
  };
}

function tensorAsJson(tensor: PlannedTensor, { models }: MergePlan): unknown {
  const { name, dtype, shape, method, parameters, sources } = tensor;
  return {
    name,
    dtype,
    shape,
    method,
    ...(Object.keys(parameters).length === 0 ? {} : { parameters }),
    sources: sources.map((source, index) => ({
      model: models[source.model].key,
      tensor: source.tensor.name,
      weight: source.weight,
      ...(Object.keys(source.parameters).length === 0 ? {} : { parameters: source.parameters }),
      ...(index === tensor.base ? { base: true } : {}),
    })),
  };
}

function describePlan(plan: MergePlan, freeBytes: number | null): string {
  const facts = [
    ...(plan.name === null ? [] : [['stage', plan.name]]),
    ['method', plan.method],
    ['models', plan.models.map(({ key }) => key).join(', ')],
    ['output', `${plan.layerCount} layers, ${plan.tensors.length} tensors, mostly ${plan.dtype}`],
    ['size', `${describeBytes(plan.bytes)} in ${plan.files.length} ${plan.files.length === 1 ? 'file' : 'files'}`],
    ['to be read', describeBytes(plan.readBytes)],
    ['time', `about ${describeDuration(estimateSeconds(plan))} on a disk of 500 MB/s`],
    ['memory', `at most ${describeBytes(plan.peakBytes)}`],
    ...(freeBytes === null ? [] : [['free here', describeBytes(freeBytes)]]),
  ];
  const rows = plan.tensors.map((tensor) => [
    tensor.name,
    tensor.dtype,
    tensor.shape.join('×'),
    ...plan.models.map((_, model) => {
      const found = tensor.sources.filter((source) => source.model === model);
      return found.map(describeSource).join(' + ');
    }),
    describeParameters(tensor.parameters),
  ]);
  const header = ['tensor', 'dtype', 'shape', ...plan.models.map(({ key }) => key), ''];
  const dropped = plan.dropped.map(({ model, tensor, reason }) => [plan.models[model].key, tensor, reason]);
  return [
    writeTable(facts),
    '',
    writeTable([header, ...rows], { right: [2] }),
    ...(dropped.length === 0 ? [] : ['', 'not in the output:', writeTable(dropped)]),
    '',
  ].join('\n');
}

function describeSource({ weight, parameters }: PlannedSource): string {
  if (weight !== null) return String(Number(weight.toPrecision(4)));
  return Object.keys(parameters).length === 0 ? 'x' : describeParameters(parameters);
}

function describeParameters(parameters: Readonly<Record<string, number | boolean>>): string {
  return Object.entries(parameters)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
}

/** Bytes; null where nobody can tell. */
async function freeSpace(folder: string): Promise<number | null> {
  const found = await statfs(folder).catch(() => null);
  return found === null ? null : found.bavail * found.bsize;
}
