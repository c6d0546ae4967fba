import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

const listening = '0A';

/** Who listens on a port of this machine, for a message: `process 4242 (mongod)`; `another program` where the system does not say. */
export async function portHolder(port: number): Promise<string> {
  const inodes = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      const at = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
      if (state === listening && at === port && inode !== undefined) inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size > 0) {
    for (const pid of await readdir('/proc').catch(() => [])) {
      if (/^\d+$/.test(pid) && (await holdsOneOf(pid, inodes))) return describe(pid);
    }
  }
  return 'another program';
}

/** Of other users' processes nobody may look at the files. */
async function holdsOneOf(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  for (const file of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    if (sockets.has(await readlink(`/proc/${pid}/fd/${file}`).catch(() => ''))) return true;
  }
  return false;
}

/** The program's name only: arguments may hold what is nobody's business. */
async function describe(pid: string): Promise<string> {
  const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return program === '' ? `process ${pid}` : `process ${pid} (${basename(program)})`;
}
