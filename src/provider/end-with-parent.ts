import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/** Waits for a line or for the end of its input, which comes when this process ends, however it ends. */
const script = 'read -r word; [ "$word" = released ] || kill -9 "$1" 2>/dev/null';

/**
 * Sees to it that the process `pid` does not outlive this one: a tiny shell holds the other end of a pipe and kills `pid` when
 * this process is gone, `kill -9` included. Returns a function that calls the guard off; it must be called once `pid` has ended,
 * because its number may then be given to somebody else.
 */
export function endWithParent(pid: number): () => void {
  // In a session of its own, so that an interrupt typed at the terminal does not take the guard away first.
  const guard = spawn('/bin/sh', ['-c', script, 'larder-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  guard.on('error', () => undefined);
  // A guard that is gone already makes the last write fail; there is nothing left to call off.
  guard.stdin.on('error', () => undefined);
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => void guard.stdin.end('released\n');
}
