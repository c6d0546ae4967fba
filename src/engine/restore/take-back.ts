import type { MongoClient } from 'mongodb';
import { sameFields } from '../../mongo/collection-catalog.ts';
import { describeCollection } from '../../mongo/describe-collection.ts';
import { broughtBy } from './leg.ts';
import type { Leg } from './leg.ts';
import { dropIfThere } from './load-collection.ts';
import type { Piece } from './piece.ts';
import type { ViewImage } from '../../core/image.ts';

/** True if the collection of the piece stands in its place, finished or not; nobody else's does. */
export async function isInPlace(client: MongoClient, { state, planned }: Piece, signal: AbortSignal): Promise<boolean> {
  if (state === null) return false;
  const { db, name } = planned.image;
  return (await describeCollection(client.db(db), name, signal))?.uuid === state.uuid;
}

/** True if there is such a view, defined the same. */
export async function isDefined(client: MongoClient, view: ViewImage, signal: AbortSignal): Promise<boolean> {
  const found = await describeCollection(client.db(view.db), view.name, signal);
  return found?.type === 'view' && sameFields(found.options, Buffer.from(view.options, 'base64'));
}

/**
 * Removes from the target what legs that replace nothing put under the names that were asked for, views as far as `views` names them.
 * What somebody else put there meanwhile stays. Driver errors pass through.
 */
export async function takeBack(
  client: MongoClient,
  legs: readonly Leg[],
  views: readonly ViewImage[],
  signal: AbortSignal,
): Promise<void> {
  for (const view of views) if (await isDefined(client, view, signal)) await dropIfThere(client.db(view.db), view.name, signal);
  for (const piece of legs.flatMap((leg) => broughtBy(leg))) {
    const { image, series } = piece.planned;
    if (await isInPlace(client, piece, signal)) await dropIfThere(client.db(image.db), series?.name ?? image.name, signal);
  }
}
