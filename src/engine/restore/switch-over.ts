import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { createViews } from './definitions.ts';
import { dropIfThere } from './load-collection.ts';
import { nameOf } from './piece.ts';
import type { Piece } from './piece.ts';
import type { RestorePlan } from './plan-restore.ts';
import { throughElections } from './through-elections.ts';

/**
 * Puts everything that was built beside into its place, drops what the plan drops, and makes the views. Each rename is atomic; all
 * of them together take a moment. A call that was cut short is repeated as a whole.
 */
export async function switchOver(
  client: MongoClient,
  plan: RestorePlan,
  pieces: readonly Piece[],
  signal: AbortSignal,
): Promise<void> {
  for (const piece of pieces) if (!piece.placed) await throughElections(client, signal, (trying) => place(client, piece, trying));
  for (const name of plan.dropDatabases) {
    await throughElections(client, signal, (trying) =>
      client.db(name).command({ dropDatabase: 1, writeConcern: { w: 'majority' } }, { signal: trying }),
    );
  }
  for (const { db, name } of plan.drops) {
    if (plan.dropDatabases.includes(db)) continue;
    await throughElections(client, signal, (trying) => dropIfThere(client.db(db), name, trying));
  }
  await throughElections(client, signal, async (trying) => {
    for (const { image } of plan.views) await dropIfThere(client.db(image.db), image.name, trying);
    await createViews(
      client,
      plan.views.map(({ image }) => image),
      trying,
    );
  });
}

async function place(client: MongoClient, piece: Piece, signal: AbortSignal): Promise<void> {
  const { built, planned, state } = piece;
  const db = client.db(built.db);
  const there = await describeCollection(db, planned.image.name, signal);
  if (there === null || there.uuid !== state?.uuid) {
    if ((await describeCollection(db, built.name, signal)) === null) {
      throw new LarderError('restore-failed', `${nameOf(piece)} was restored beside its place, and somebody dropped it there.`);
    }
    // A rename replaces collections only.
    if (there !== null && there.type !== 'collection') await dropIfThere(db, planned.image.name, signal);
    const [from, to] = [`${built.db}.${built.name}`, `${built.db}.${planned.image.name}`];
    await client
      .db('admin')
      .command({ renameCollection: from, to, dropTarget: true, writeConcern: { w: 'majority' } }, { signal });
  }
  piece.placed = true;
}
