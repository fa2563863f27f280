import { relative } from 'node:path';
import type { Checkpoint, CheckpointAdapter } from '../core/checkpoint/checkpoint';
import type { ListedHead } from '../core/checkpoint/checkpointSummary';
import { describeResolvedConfig, type ResolvedConfig } from '../core/checkpoint/describeResolvedConfig';
import { hasTiedEmbeddings } from '../core/checkpoint/hasTiedEmbeddings';
import { openCheckpoint } from '../engine/checkpoint/openCheckpoint';
import { readChatTemplate } from '../engine/checkpoint/readChatTemplate';
import { readStarterHead } from '../engine/checkpoint/readStarterHead';
import { resolveModelReference } from '../engine/checkpoint/resolveModelReference';
import { exitStatus, type CommandCall, type ExitStatus } from './command';
import { describeHead } from './describeHead';
import { describeBytes, describeCount } from '../core/describeQuantity';
import { inspectTensor } from './inspectTensor';
import type { inspectOptions } from './options';
import { writeTable } from './writeTable';

/** `alidade inspect` */
export async function inspectCheckpoint(call: CommandCall<typeof inspectOptions>): Promise<ExitStatus> {
  const { positionals, options, terminal, context } = call;
  if (options.tensor !== undefined) return inspectTensor(options.tensor, call);
  const reference = positionals[0];
  const { path, headPath } = await resolveModelReference(reference, { cwd: process.cwd() });
  const checkpoint = await openCheckpoint(path, context);
  const chatTemplate = await readChatTemplate(checkpoint);
  const head = headPath === null ? checkpoint.head : await readStarterHead();
  const resolved = describeResolvedConfig(checkpoint.config, hasTiedEmbeddings(checkpoint));
  if (options.json) await terminal.writeJson(toJson({ checkpoint, resolved, head, chatTemplate }));
  else await terminal.write(describe({ checkpoint, resolved, head, chatTemplate }));
  return exitStatus.done;
}

interface Inspection {
  readonly checkpoint: Checkpoint;
  readonly resolved: ResolvedConfig;
  readonly head: ListedHead;
  readonly chatTemplate: string | null;
}

function toJson({ checkpoint, resolved, head, chatTemplate }: Inspection): unknown {
  const { path, config, parameters, adapter = null, problems } = checkpoint;
  const tensors = [...checkpoint.tensors.values()].map((entry) => {
    const { name, storedName, dtype, shape, bytes, file, offset } = entry;
    const added =
      entry.adapter === undefined ? {} : { adapter: { rank: entry.adapter.rank, scale: entry.adapter.scale } };
    return { name: storedName ?? name, dtype, shape, bytes, file, offset, ...added };
  });
  return {
    path,
    architecture: config.architecture,
    parameters,
    resolved,
    tensors,
    head,
    chatTemplate,
    ...(adapter === null ? {} : { adapter }),
    problems,
  };
}

/** "LoRA of rank 8 on 64 matrices of org/base (/models/base)" */
function describeAdapter({ kind, ranks, matrices, base }: CheckpointAdapter): string {
  const sizes = ranks === null ? [] : [...new Set([ranks.least, ranks.most])];
  const rank = sizes.length === 0 ? '' : ` of rank ${sizes.join(' to ')}`;
  const count = matrices === 1 ? '1 matrix' : `${matrices} matrices`;
  return `${kind}${rank} on ${count} of ${base.name} (${base.path})`;
}

function describe({ checkpoint, resolved, head, chatTemplate }: Inspection): string {
  const { path, config, parameters, dtype, bytes, license, adapter, problems } = checkpoint;
  const facts = [
    ['path', path],
    ['architecture', config.architecture],
    ...(adapter === undefined ? [] : [['adapter', describeAdapter(adapter)]]),
    ['parameters', `${describeCount(parameters)} (${parameters}), mostly ${dtype}`],
    ['size', describeBytes(bytes)],
    ['licence', license ?? 'not stated'],
    ['layers', `${resolved.n_layers}, hidden size ${resolved.hidden_size}`],
    ['attention', `${resolved.n_heads} heads of ${resolved.head_dim}, ${resolved.n_kv_heads} for keys and values`],
    ['window', describeWindow(resolved.window_per_layer)],
    ['vocabulary', `${resolved.vocab_size}, ${resolved.tied_embeddings ? 'tied' : 'untied'} embeddings`],
    ['context', `${config.contextLength} tokens`],
    ['reward head', head === null ? 'none' : `${describeHead(head)}: ${head.objectives.join(', ')}`],
    ['chat template', chatTemplate === null ? 'none' : `${chatTemplate.length} characters`],
    ...problems.map((problem) => ['problem', problem]),
  ];
  const tensors = [...checkpoint.tensors.values()].map((tensor) => [
    tensor.storedName ?? tensor.name,
    tensor.dtype,
    tensor.shape.join('×'),
    describeBytes(tensor.bytes),
    relative(path, tensor.file) || relative(`${path}/..`, tensor.file),
  ]);
  const table = writeTable([['tensor', 'dtype', 'shape', 'size', 'file'], ...tensors], { right: [2, 3] });
  return `${writeTable(facts)}\n\n${table}\n`;
}

function describeWindow(windows: readonly (number | null)[]): string {
  const kinds = new Set(windows);
  if (kinds.size === 1) {
    const [window] = windows;
    return window === null || window === undefined ? 'none' : `${window} tokens`;
  }
  return `${windows.filter((window) => window !== null).length} of ${windows.length} layers`;
}
