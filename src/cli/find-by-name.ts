import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { LarderApi } from './larder-api.ts';
import type { WireBackup, WireInstance } from './wire.ts';

/** The instance with this id or, else, the one with this name. Throws CommandError `instance-not-found` or `name-not-unique`. */
export async function findInstance(api: LarderApi, idOrName: string): Promise<WireInstance> {
  return pick('instance', await api.listInstances(), idOrName);
}

/** The backup with this id or, else, the one with this name. Throws CommandError `backup-not-found` or `name-not-unique`. */
export async function findBackup(api: LarderApi, idOrName: string): Promise<WireBackup> {
  return pick('backup', await api.listBackups(), idOrName);
}

/** The row with this id or, else, the one with this name. Throws CommandError `<kind>-not-found` or `name-not-unique`. */
export function pick<Row extends { readonly id: string; readonly name: string }>(
  kind: 'instance' | 'backup' | 'user' | 'project' | 'role' | 'template',
  rows: readonly Row[],
  idOrName: string,
): Row {
  const byId = rows.find((row) => row.id === idOrName);
  if (byId !== undefined) return byId;
  const named = rows.filter((row) => row.name === idOrName);
  const [only] = named;
  if (only === undefined) {
    const message = `There is no ${kind} with the id or name "${idOrName}". \`larder ${kind} list\` shows what there is.`;
    throw new CommandError(`${kind}-not-found`, exitCodes.notFound, message);
  }
  if (named.length > 1) {
    const ids = named.map((row) => row.id).join(', ');
    throw new CommandError(
      'name-not-unique',
      exitCodes.usage,
      `${named.length} ${kind}s are named "${idOrName}": give one of the ids ${ids}.`,
    );
  }
  return only;
}
