import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { constants, setPriority } from 'node:os';

/**
 * Lets the other threads of the process go first where there are too few cores: a server must answer while its jobs work. Concerns
 * the calling thread alone, and only where the system tells which that is (Linux); elsewhere it does nothing.
 */
export function lowerPriority(): void {
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not this system's way, or not allowed: the job runs all the same.
  }
}
