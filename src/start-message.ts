import { join } from 'node:path';
import type { FirstStart } from './engine/first-start.ts';
import { keyFileName } from './engine/repository-connection.ts';

export interface StartFacts {
  /** Where the server listens: `http://host:port`. */
  readonly address: string;
  readonly dataFolder: string;
  /** The repository's location, without secrets. */
  readonly repository: string;
  /** True if a passphrase unlocks the repository, false if the key file does. */
  readonly passphrase: boolean;
  readonly first: FirstStart;
  /** The address of the outer Keystone that knows the users, if one does. */
  readonly keystone: string | null;
}

/** What the server says once it listens; at the first start also how to make a backup. */
export function startMessage({ address, dataFolder, repository, passphrase, first, keystone }: StartFacts): string {
  const lines = [
    `Larder listens on ${address}`,
    keystone === null ? `  project     ${first.projectName} (${first.projectId})` : `  identity    the Keystone at ${keystone}`,
    `  data        ${dataFolder}`,
    `  repository  ${repository}`,
    ...(first.recovered ? ['  The catalog was empty and was made again from the repository.'] : []),
  ];
  // Where a Keystone knows the users, that account is of no use.
  if (first.credentialsFile !== null && keystone === null) {
    const get = (key: string): string => `$(sed -n 's/.*"${key}": "\\(.*\\)".*/\\1/p' '${first.credentialsFile}')`;
    lines.push(
      '',
      `The password of ${first.user} is in ${first.credentialsFile}, which only you can read.`,
      ...(passphrase
        ? ['Keep the repository passphrase safe: without it no backup can be read.']
        : [`Keep a copy of ${join(dataFolder, keyFileName)} in a safe place: without it no backup can be read.`]),
      '',
      'The first backup, of a replica set of yours:',
      '',
      `  BASE=${address}; PROJECT=${first.projectId}; JSON='Content-Type: application/json'; PASSWORD="${get('password')}"`,
      `  TOKEN=$(curl -si -H "$JSON" "$BASE/v3/auth/tokens" -d '{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"${first.user}","domain":{"name":"${first.domain}"},"password":"'"$PASSWORD"'"}}},"scope":{"project":{"id":"'$PROJECT'"}}}}' | tr -d '\\r' | awk 'tolower($1)=="x-subject-token:"{print $2}')`,
      `  curl -H "$JSON" -H "X-Auth-Token: $TOKEN" $BASE/larder/v1/$PROJECT/instances/adopt -d '{"name":"orders","uri":"mongodb://127.0.0.1:27017/?replicaSet=rs0"}'`,
      `  curl -H "$JSON" -H "X-Auth-Token: $TOKEN" $BASE/v3/$PROJECT/backups -d '{"backup":{"instance_id":"<id from above>","name":"first-backup","description":"by hand"}}'`,
      `  curl -H "X-Auth-Token: $TOKEN" "$BASE/v3/$PROJECT/backups"`,
      '',
      'or shorter: npx larder instance adopt --name orders --uri mongodb://…, then npx larder backup create --instance orders --name first-backup --wait',
    );
  }
  return `${lines.join('\n')}\n`;
}
