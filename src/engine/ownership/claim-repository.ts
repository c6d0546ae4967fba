import { hostname } from 'node:os';
import { randomInt } from 'node:crypto';
import { LarderError } from '../../core/errors.ts';
import type { Timers } from '../../lib/timers.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { putRecord, type OwnerRecord, type SignOfLifeRecord } from '../records.ts';
import { catalogIsEmpty } from '../recover-catalog.ts';
import { readableRecords } from './readable-records.ts';
import { watchSigns } from './watch-signs.ts';

export interface ClaimOptions {
  readonly catalogId: string;
  readonly timers: Timers;
  /** Whoever gives no sign of life for so long is gone, milliseconds. */
  readonly silence: number;
  readonly interval: number;
  /** The catalog shall own the repository though another one does, and though it is not empty. */
  readonly takeOver: boolean;
  readonly signal: AbortSignal;
}

type ClaimDeps = Pick<EngineDeps, 'catalog' | 'repository' | 'clock' | 'log'>;
type Claim = { readonly id: string; readonly record: OwnerRecord };

const tries = 5;
const longestPause = 2_000;

/**
 * Makes the catalog the only one that the repository belongs to and returns whom it was taken from, or throws `repository-owned` and changes nothing. A catalog that owns it already does so
 * at once, and so does one of a repository that nobody owns. From another owner it passes to an empty catalog (which is then recovered from it), or where that is asked
 * for, once the other gives no sign of life.
 *
 * No store needs to compare and swap for this: whoever wants it announces that and then looks. Of two who do so at the same time the later
 * one sees the earlier one's announcement and steps back; it may be that both do, so they try again at random moments.
 */
export async function claimRepository(deps: ClaimDeps, options: ClaimOptions): Promise<OwnerRecord | null> {
  const { repository, clock } = deps;
  const { catalogId, timers, signal } = options;
  const mine = { host: hostname(), since: clock.now().toISOString() };
  for (let attempt = 1; attempt <= tries; attempt++) {
    const { records } = await readableRecords(repository, 'owner');
    // A claim that is held goes only when somebody else takes the repository over.
    if (records.some(({ id, record }) => id === catalogId && record.held)) return null;
    const others = records.filter(({ id }) => id !== catalogId);
    if (others.length > 0) await refuseUnlessGone(deps, others, options);
    await putRecord(repository, 'owner', catalogId, { ...mine, held: false });
    for (const { id } of others) await repository.records.delete('owner', id);
    const announced = await readableRecords(repository, 'owner');
    const alone = announced.records.length === 1 && announced.records[0]!.id === catalogId;
    if (alone && announced.damage === null) {
      await putRecord(repository, 'owner', catalogId, { ...mine, held: true });
      return others.find(({ record }) => record.held)?.record ?? null;
    }
    await repository.records.delete('owner', catalogId);
    if (announced.damage !== null) throw damaged(announced.damage);
    await timers.sleep(randomInt(longestPause), signal);
    if (signal.aborted) throw new LarderError('cancelled', 'Waiting for the repository was cancelled.');
  }
  throw new LarderError('repository-owned', 'Several Larders ask for the repository at the same time. Start one of them again.');
}

async function refuseUnlessGone(deps: ClaimDeps, others: readonly Claim[], options: ClaimOptions): Promise<void> {
  const { repository, catalog, log } = deps;
  const { timers, silence, interval, signal } = options;
  // What was only asked for belongs to nobody: that start was cut short, or goes on just now.
  const owner = others.find(({ record }) => record.held) ?? others[0]!;
  const empty = await catalogIsEmpty(catalog.db);
  if (owner.record.held && !empty && !options.takeOver) throw ownedByAnother(owner.record);
  const sign = await watchSigns(repository, {
    catalogIds: new Set(others.map(({ id }) => id)),
    timers,
    silence,
    interval,
    signal,
    waiting: () =>
      log.warn(
        { owner: owner.record, seconds: silence / 1000 },
        `The repository belongs to another Larder, on ${owner.record.host}. If that gives no sign of life for ${silence / 1000} seconds, this one goes on with it.`,
      ),
  });
  if (sign !== null) throw ownerIsAlive(sign);
}

function ownedByAnother({ host, since }: OwnerRecord): LarderError {
  return new LarderError(
    'repository-owned',
    `The repository belongs to another Larder, with another catalog: on ${host}, since ${since}. Two catalogs on one repository would each delete what the other needs, so this one does not start. ` +
      'Use another repository (LARDER_REPOSITORY); or stop the other Larder and start this one with an empty catalog, which is made again from the repository; ' +
      'or stop the other one and go on with this catalog as it is: `larder repository take-over`.',
    { details: { host, since } },
  );
}

function ownerIsAlive({ host, started, at }: SignOfLifeRecord): LarderError {
  return new LarderError(
    'repository-owned',
    `The repository belongs to another Larder that is running: on ${host}, since ${started}, last sign of life ${at}. Stop that one first, or use another repository (LARDER_REPOSITORY).`,
    { details: { host, started, at } },
  );
}

function damaged(cause: LarderError): LarderError {
  const object = String(cause.details['object'] ?? '');
  return new LarderError(
    'object-corrupt',
    `The object ${object} is damaged, so nobody knows which Larder the repository belongs to. If no other one uses it, remove that object and start again.`,
    { cause, details: { object } },
  );
}
