import type { MongoClient } from 'mongodb';
import { serverErrorCode } from './connect.ts';

/** Of a server: data files that are open, and how many may be, beside its connections. */
export interface OpenFiles {
  readonly open: number;
  readonly most: number;
}

const notAuthorized = 13;
/** File descriptors that a server needs for itself: log, journal, listeners, temporary files; and a share of the limit besides. */
const own = 100;
const ownShare = 0.02;

/** Sections of the answer that we do not look at and the server need not gather. */
const unwanted = ['repl', 'metrics', 'locks', 'tcmalloc', 'transactions', 'mirroredReads', 'sharding', 'security', 'network'];

/** Asks for the open data files of a server; null where it, or its system, does not tell, or not us. Other server errors pass through. */
export async function readOpenFiles(client: MongoClient, signal: AbortSignal): Promise<OpenFiles | null> {
  const admin = client.db('admin');
  try {
    const { extra } = await admin.command({ hostInfo: 1 }, { signal });
    // Documented as `extra.maxOpenFiles`; servers say `extra.extra.maxOpenFiles`.
    const limit = Number(extra?.extra?.maxOpenFiles ?? extra?.maxOpenFiles ?? Number.NaN);
    const command = { serverStatus: 1, ...Object.fromEntries(unwanted.map((section) => [section, 0])) };
    const status = await admin.command(command, { signal });
    const open = Number(status['wiredTiger']?.['connection']?.['files currently open'] ?? Number.NaN);
    const connections = Number(status['connections']?.['current'] ?? 0);
    const most = Math.floor(limit * (1 - ownShare)) - own - connections;
    return Number.isFinite(most) && Number.isFinite(open) && limit > 0 ? { open, most } : null;
  } catch (error) {
    if (serverErrorCode(error) === notAuthorized) return null;
    throw error;
  }
}
