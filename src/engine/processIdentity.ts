import { readFileSync } from 'node:fs';

/** A process that can be told from a later one with the same number, where the system says when it began. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from the system's start to the process's; null where there is no /proc. */
  readonly start: string | null;
}

export function identifyProcess(pid: number): ProcessIdentity {
  return { pid, start: readStart(pid) };
}

/** Whether the process still runs; true in doubt. */
export function isRunning({ pid, start }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but somebody else's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return start === null || readStart(pid) === start;
}

function readStart(pid: number): string | null {
  try {
    // Field 22 of proc_pid_stat(5); the second is the name in brackets, which may hold spaces.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return (
      stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .at(19) ?? null
    );
  } catch {
    return null;
  }
}
