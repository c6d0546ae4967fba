import { readFile, readlink } from 'node:fs/promises';

/** One process, told apart from every other one that ever ran, on whatever machine. */
export interface ProcessIdentity {
  /** The run of the kernel, and which of its tables of processes the number is from. */
  readonly kernel: string;
  readonly pid: number;
  /** When it began, in ticks since the kernel did: numbers are used again. */
  readonly began: string;
}

/** This process; null where the system does not say (anything but Linux). */
export async function thisProcess(): Promise<ProcessIdentity | null> {
  const kernel = await thisKernel();
  const began = await beganAt(process.pid);
  return kernel === null || began === null ? null : { kernel, pid: process.pid, began };
}

/** True where that process has surely ended. False where it runs, and where it cannot be known: it ran on another machine, or before a restart. */
export async function hasEnded({ kernel, pid, began }: ProcessIdentity): Promise<boolean> {
  if (kernel !== (await thisKernel())) return false;
  if (!isThere(pid)) return true;
  const now = await beganAt(pid);
  // Of other users' processes a system may hide everything.
  return now === 'ended' || (now !== null && now !== began);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function thisKernel(): Promise<string | null> {
  try {
    const run = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return `${run} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** null if the system does not say, `ended` of one that its parent has not collected yet. */
async function beganAt(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? null);
  } catch {
    return null;
  }
}
