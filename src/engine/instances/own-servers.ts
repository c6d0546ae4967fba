import type { OwnInstance } from '../../core/own-instance.ts';
import { LarderError } from '../../core/errors.ts';
import type { InstanceServers, ServerUser } from '../../provider/instance-provider.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { ownOf, type InstanceRow } from '../instance-from-row.ts';
import { sealedContexts } from '../sealed-contexts.ts';

/** As code that was written for the service names the set in its connection strings. */
export const ownSetName = 'replica';

/** The administrator whose password is the client's. */
export const administratorName = 'rwuser';

/** Whose password no restore changes, as `database.user`: of an instance that runs elsewhere nobody knows who that would be. */
export function administratorsOf(row: Pick<InstanceRow, 'own'>): readonly string[] {
  return ownOf(row) === null ? [] : [`admin.${administratorName}`];
}

/** As whom Larder itself works with the servers. */
export const serviceUserName = 'larder';

/** What the provider is asked to run for an instance. `operation-illegal` for one that runs elsewhere. */
export function serversOf(row: InstanceRow): InstanceServers {
  const { servers } = requireOwn(row);
  const { version, ports, tls, parameters } = servers;
  return { id: row.id, version, ports, setName: row.mode === 'Single' ? null : ownSetName, tls, parameters };
}

/** What is particular to an instance of Larder's own. `operation-illegal` for one that runs elsewhere, saying what that means. */
export function requireOwn(row: InstanceRow): OwnInstance {
  const own = ownOf(row);
  if (own !== null) return own;
  throw new LarderError(
    'operation-illegal',
    'The servers of this instance are not run by Larder: whoever runs them has to do this.',
  );
}

/** True if the instance's servers are run by another server of Larder than this one. */
export function isElsewhere(deps: Pick<EngineDeps, 'provider'>, row: Pick<InstanceRow, 'own'> | undefined): boolean {
  const own = row === undefined ? null : ownOf(row);
  return own !== null && own.servers.place !== deps.provider.place;
}

/** The connection string with which Larder reaches an instance. */
export function uriOf(deps: Pick<EngineDeps, 'repository'>, row: Pick<InstanceRow, 'id' | 'sealed_uri'>): string {
  return deps.repository.openSecret(row.sealed_uri, sealedContexts.instanceUri(row.id));
}

/** As whom Larder works with the servers of an instance of its own. */
export function serviceUserOf(deps: Pick<EngineDeps, 'repository'>, row: Pick<InstanceRow, 'id' | 'sealed_uri'>): ServerUser {
  const [, name, password] = /^mongodb:\/\/([^:@]+):([^@]+)@/.exec(uriOf(deps, row)) ?? [];
  if (name === undefined || password === undefined) {
    throw new LarderError('internal', 'the connection string of an instance of our own has no user');
  }
  return { name: decodeURIComponent(name), password: decodeURIComponent(password) };
}
