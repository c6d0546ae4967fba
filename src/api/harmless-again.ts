const p = '/v3/:project_id';
const l = '/larder/v1/:project_id';

/**
 * Calls that a signed request may be sent to twice although their method changes things. The date of a signature has seconds, so
 * a client that asks the same twice within one second sends the same signature, and is not to be refused where it only reads.
 */
const addresses: ReadonlySet<string> = new Set([
  // They read, or make links to what may be read.
  `POST ${p}/instances/action`,
  `POST ${p}/configurations/comparison`,
  `POST ${p}/instances/:instance_id/slowlog-download`,
  `POST ${p}/instances/:instance_id/errorlog-download`,
  // What these delete is named by an id that is never given again, unlike a role that is granted anew.
  `DELETE ${p}/backups/:backup_id`,
  `DELETE ${p}/instances/backups`,
  `DELETE ${p}/instances/:instance_id`,
  `DELETE ${p}/configurations/:config_id`,
  `DELETE ${l}/access-keys/:access`,
  'DELETE /v3/auth/tokens',
  'DELETE /v3/projects/:id',
  'DELETE /v3/users/:user_id',
  'DELETE /v3/roles/:role_id',
]);

/**
 * True if whoever saw a signed request and sends it again changes nothing by it. Everything else counts once: a route that is not
 * known here is refused the second time.
 */
export function harmlessAgain(method: string, url: string): boolean {
  return method === 'GET' || method === 'HEAD' || addresses.has(`${method} ${url.replace(/(.)\/$/, '$1')}`);
}

/** For the test that sees to it that these routes exist. */
export const harmlessAddresses: readonly string[] = [...addresses];
