import type { MongoClient } from 'mongodb';
import { LarderError } from '../../core/errors.ts';
import type { ViewImage } from '../../core/image.ts';
import { serverErrorCode } from '../../mongo/connect.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { createViews } from './definitions.ts';
import type { Leg } from './leg.ts';
import { dropIfThere } from './load-collection.ts';
import { nameOf } from './piece.ts';
import type { Piece } from './piece.ts';
import { isDefined } from './take-back.ts';
import { throughElections } from './through-elections.ts';

const namespaceExists = 48;

export interface SwitchOptions {
  /** Whatever is in the way may go. */
  readonly overwrite: boolean;
  /** Told of each view just before it is made. */
  readonly onView: (view: ViewImage) => void;
  readonly signal: AbortSignal;
}

/**
 * Puts everything that was built beside into its place, drops what the plan drops, and makes the views. Each rename is atomic; all
 * of them together take a moment. A call that was cut short is repeated as a whole. `target-not-empty` where something is in the way
 * that must not go.
 */
export async function switchOver(
  client: MongoClient,
  { plan, swapped }: Pick<Leg, 'plan' | 'swapped'>,
  { overwrite, onView, signal }: SwitchOptions,
): Promise<void> {
  for (const piece of swapped)
    if (piece.placed !== 'yes') await throughElections(client, signal, (trying) => place(client, piece, overwrite, trying));
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
    const views: ViewImage[] = [];
    for (const { image } of plan.views) {
      if (overwrite) await dropIfThere(client.db(image.db), image.name, trying);
      else if (await isDefined(client, image, trying)) continue;
      else if ((await describeCollection(client.db(image.db), image.name, trying)) !== null) throw taken(image);
      onView(image);
      views.push(image);
    }
    await createViews(client, views, trying);
  });
}

async function place(client: MongoClient, piece: Piece, overwrite: boolean, signal: AbortSignal): Promise<void> {
  const { built, planned, state } = piece;
  const db = client.db(built.db);
  const there = await describeCollection(db, planned.image.name, signal);
  if (there === null || there.uuid !== state?.uuid) {
    if ((await describeCollection(db, built.name, signal)) === null) {
      throw new LarderError('restore-failed', `${nameOf(piece)} was restored beside its place, and somebody dropped it there.`);
    }
    if (there !== null && !overwrite) throw taken(planned.image);
    // A rename replaces collections only.
    if (there !== null && there.type !== 'collection') await dropIfThere(db, planned.image.name, signal);
    const [from, to] = [`${built.db}.${built.name}`, `${built.db}.${planned.image.name}`];
    piece.placed = 'perhaps';
    const command = { renameCollection: from, to, dropTarget: overwrite, writeConcern: { w: 'majority' } };
    await client
      .db('admin')
      .command(command, { signal })
      .catch((error: unknown) => {
        throw serverErrorCode(error) === namespaceExists ? taken(planned.image) : error;
      });
  }
  piece.placed = 'yes';
}

function taken({ db, name }: Pick<ViewImage, 'db' | 'name'>): LarderError {
  return new LarderError('target-not-empty', `Somebody made ${db}.${name} meanwhile; it was left as it is.`);
}
