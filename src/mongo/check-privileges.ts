import type { Document, MongoClient } from 'mongodb';
import { LarderError } from '../core/errors.ts';

/** What a user must be allowed to do, on what. */
interface Needed {
  readonly action: string;
  readonly on: 'the cluster' | 'every database' | `${string}.${string}`;
}

/** All that a backup does; the role `backup` of the server holds it. */
const neededForBackup: readonly Needed[] = [
  { action: 'listDatabases', on: 'the cluster' },
  { action: 'useUUID', on: 'the cluster' },
  { action: 'find', on: 'every database' },
  { action: 'listCollections', on: 'every database' },
  { action: 'listIndexes', on: 'every database' },
  { action: 'find', on: 'admin.system.users' },
  { action: 'find', on: 'admin.system.roles' },
  { action: 'listIndexes', on: 'admin.system.users' },
  { action: 'listIndexes', on: 'admin.system.roles' },
];
const neededForOplog: readonly Needed[] = [
  { action: 'find', on: 'local.oplog.rs' },
  // Which transactions are open: without that nothing can be replayed on the backup.
  { action: 'find', on: 'config.transactions' },
];

/**
 * Refuses a user that a backup would fail with, before it does: `instance-unsupported` names each missing privilege. A server that
 * asks nobody who they are allows everything.
 */
export async function checkPrivileges(client: MongoClient, hasOplog: boolean, signal: AbortSignal): Promise<void> {
  const status = await client.db('admin').command({ connectionStatus: 1, showPrivileges: true }, { signal });
  const { authenticatedUsers, authenticatedUserPrivileges } = status['authInfo'] as Record<string, Document[]>;
  if ((authenticatedUsers ?? []).length === 0) return;
  const needed = hasOplog ? [...neededForBackup, ...neededForOplog] : neededForBackup;
  const missing = missingPrivileges(needed, authenticatedUserPrivileges ?? []);
  if (missing.length === 0) return;
  throw new LarderError(
    'instance-unsupported',
    `The user of the connection string lacks ${missing.length === 1 ? 'a privilege' : 'privileges'} that a backup needs: ${missing.join(', ')}. The role "backup" on the database admin holds them all; docs/operations.md lists them.`,
  );
}

function missingPrivileges(needed: readonly Needed[], held: readonly Document[]): readonly string[] {
  return needed
    .filter(
      ({ action, on }) =>
        !held.some(
          ({ resource, actions }) => (includes(actions, action) || includes(actions, 'anyAction')) && covers(resource, on),
        ),
    )
    .map(({ action, on }) => `${action} on ${on}`);
}

function includes(actions: unknown, action: string): boolean {
  return Array.isArray(actions) && actions.includes(action);
}

/** An empty database is every one but `local` and `config`; an empty collection is every one but `system.…`. */
function covers(resource: Document, on: Needed['on']): boolean {
  if (resource['anyResource'] === true) return true;
  if (on === 'the cluster') return resource['cluster'] === true;
  if (on === 'every database') return resource['db'] === '' && resource['collection'] === '';
  const dot = on.indexOf('.');
  const [db, collection] = [on.slice(0, dot), on.slice(dot + 1)];
  const isDatabase = resource['db'] === db || (resource['db'] === '' && db !== 'local' && db !== 'config');
  return (
    isDatabase && (resource['collection'] === collection || (resource['collection'] === '' && !collection.startsWith('system.')))
  );
}
