import { LarderError } from '../../core/errors.ts';
import { hasEnded } from '../../lib/process-identity.ts';
import type { Timers } from '../../lib/timers.ts';
import type { Repository } from '../../repository/port.ts';
import type { SignOfLifeRecord } from '../records.ts';
import { readableRecords } from './readable-records.ts';

interface WatchOptions {
  readonly catalogIds: ReadonlySet<string>;
  readonly timers: Timers;
  /** Whoever gives no sign for so long is gone, milliseconds. */
  readonly silence: number;
  readonly interval: number;
  readonly signal: AbortSignal;
  /** Called once if it takes waiting to know. */
  readonly waiting: () => void;
}

/**
 * The first new sign of life of a server on one of those catalogs; null if there is none within the time, or surely none can come: every
 * server has stopped, or its process has ended on this very machine. No clock is compared with another. `cancelled` on abort.
 */
export async function watchSigns(repository: Repository, options: WatchOptions): Promise<SignOfLifeRecord | null> {
  const { timers, silence, interval, signal } = options;
  const first = await possibleSigns(repository, options.catalogIds);
  if (first.none) return null;
  options.waiting();
  for (let waited = 0; waited < silence; waited += interval) {
    await timers.sleep(interval, signal);
    if (signal.aborted) throw new LarderError('cancelled', 'Waiting for a sign of life of the owner was cancelled.');
    const now = await possibleSigns(repository, options.catalogIds);
    for (const [run, sign] of now.signs) if (first.signs.get(run)?.count !== sign.count) return sign;
    if (now.none) return null;
  }
  return null;
}

interface PossibleSigns {
  readonly signs: ReadonlyMap<string, SignOfLifeRecord>;
  /** True if it is certain that no server runs on the catalogs. */
  readonly none: boolean;
}

async function possibleSigns(repository: Repository, catalogIds: ReadonlySet<string>): Promise<PossibleSigns> {
  const { records, damage } = await readableRecords(repository, 'sign-of-life');
  const signs = new Map<string, SignOfLifeRecord>();
  for (const { id, record } of records) {
    const { catalogId, process } = record;
    if (catalogIds.has(catalogId) && (process === null || !(await hasEnded(process)))) signs.set(id, record);
  }
  // Whose the damaged one is nobody knows; a server that runs writes it anew.
  return { signs, none: signs.size === 0 && damage === null };
}
