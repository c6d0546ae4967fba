/** `6.0` of a server version like `6.0.5`: what DDS calls the version of a datastore. */
export function datastoreVersion(serverVersion: string): string {
  return serverVersion.split('.').slice(0, 2).join('.');
}

/** The one engine there is, as DDS calls it. */
export const engineName = 'DDS-Community';
