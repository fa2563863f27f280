import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { env } from 'onnxruntime-node';

/** One line: what the figures were measured on, and how busy it was. */
export function describeMachine(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${gigabytes} GiB`,
    `${process.platform}-${process.arch}, Node ${process.versions.node}`,
    `onnxruntime-node ${env.versions.node ?? env.versions.common}, load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  ].join('; ');
}
