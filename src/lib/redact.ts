/** What stands in place of a secret. */
const mask = '***';

const scheme = '[a-z][a-z0-9+.-]*://';
const host = String.raw`(?:\[[0-9a-f:.]+\]|[a-z0-9._~%-]*)(?::\d+)?`;
/** Hosts and database, up to the query or the end. */
const hosts = `${host}(?:,${host})*(?:/[^?#@]*)?(?:[?#]|$)`;

/** An address as it should be, without credentials: an `@` in its query is none of a password. */
const withoutCredentials = new RegExp(`^${scheme}${hosts}`, 'i');

/** Credentials escaped as they should be, with proper hosts behind them. */
const properCredentials = new RegExp(`^(${scheme})[^/?#@]*@(?=${hosts})`, 'i');

/** Otherwise everything up to the last `@`: a password that nobody escaped may hold `@`, `:`, `/` and `?` itself. */
const anyCredentials = new RegExp(`^(${scheme})[^]*@`, 'i');

/** Query parameters that carry secrets in connection strings and object store addresses. */
const secretWords = 'password|passwd|passphrase|secret|token|accesskey|signature|credential';
const secretParameter = new RegExp(
  String.raw`([?&;](?:[a-z0-9_-]*(?:${secretWords})[a-z0-9_-]*|authmechanismproperties)=)[^&#;]*`,
  'gi',
);

/**
 * The connection string as people may see it in messages, logs and answers: user name and password, and query parameters that
 * carry secrets, are replaced by `***`. Hosts, database and other options stay. Takes anything, never throws, and is idempotent.
 */
export function redactConnectionString(uri: string): string {
  const shown = withoutCredentials.test(uri) ? uri : maskCredentials(uri);
  return shown.replace(secretParameter, `$1${mask}`);
}

function maskCredentials(uri: string): string {
  const proper = properCredentials.exec(uri);
  return proper ? `${proper[1]}${mask}@${uri.slice(proper[0].length)}` : uri.replace(anyCredentials, `$1${mask}@`);
}
