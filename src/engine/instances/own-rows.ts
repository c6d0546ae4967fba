import type { OwnInstance } from '../../core/own-instance.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { ownOf, type InstanceRow } from '../instance-from-row.ts';

/** The instances of all projects whose servers this server of Larder runs. */
export async function ownInstanceRows(
  deps: Pick<EngineDeps, 'catalog' | 'provider'>,
): Promise<readonly { readonly row: InstanceRow; readonly own: OwnInstance }[]> {
  const rows = await deps.catalog.db.selectFrom('instances').selectAll().where('own', 'is not', null).orderBy('id').execute();
  return rows.flatMap((row) => {
    const own = ownOf(row);
    return own !== null && own.servers.place === deps.provider.place ? [{ row, own }] : [];
  });
}
