import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Selectable } from 'kysely';
import type { UsersTable } from '../catalog/schema.ts';
import type { EngineDeps } from './engine-deps.ts';
import { writeCredentials } from './credentials-file.ts';
import { changeDirectory, recordUser } from './directory-change.ts';
import { newHexId } from './new-id.ts';
import { checkPassword, hashPassword } from './passwords.ts';
import { putRecord, readRecords, type UserRecord } from './records.ts';
import { ensureRoles } from './roles.ts';
import { catalogIsEmpty, recoverCatalog } from './recover-catalog.ts';

export interface FirstStartOptions {
  /** Names the first project: `<region>_default`. */
  readonly region: string;
  /** Becomes the password of `admin`, at this start and whenever it differs; then no password is written to a file. */
  readonly adminPassword?: string;
  readonly dataFolder: string;
}

export interface FirstStart {
  readonly domain: string;
  readonly user: string;
  readonly projectId: string;
  readonly projectName: string;
  /** The file that holds a generated password; null if none was generated at this start. */
  readonly credentialsFile: string | null;
  /** True if the catalog was empty and came back from the repository. */
  readonly recovered: boolean;
}

/** Keystone's own id of the domain that everybody gets; clients like to name it either way. */
export const firstDomainId = 'default';
const domainName = 'Default';
const userName = 'admin';
const roleName = 'admin';

type FirstStartDeps = Pick<EngineDeps, 'catalog' | 'repository' | 'clock' | 'log'>;

/**
 * Sees to it that there is a domain, the region's project and an administrator, and does nothing where all is there. An empty catalog
 * over a repository that holds records is recovered from it first, so a lost data folder, or a first start cut short, heals
 * by itself. Servers that share a catalog may run this at the same time. Errors of catalog and repository pass through.
 */
export async function firstStart(deps: FirstStartDeps, options: FirstStartOptions): Promise<FirstStart> {
  const recovered = await recoverIfLost(deps);
  await ensureDomain(deps);
  await ensureRoles(deps);
  const projectName = `${options.region}_default`;
  const projectId = await ensureProject(deps, projectName);
  const place = { domain: domainName, user: userName, projectId, projectName };

  const user = await findAdmin(deps);
  if (user !== undefined) {
    if (options.adminPassword !== undefined) await changePassword(deps, user, options.adminPassword);
    return { ...place, credentialsFile: null, recovered };
  }
  if (options.adminPassword !== undefined) {
    await createAdmin(deps, options.adminPassword);
    return { ...place, credentialsFile: null, recovered };
  }
  const password = randomBytes(18).toString('base64url');
  // The file first: a user whose password nobody knows would be no use, a file without its user is written anew.
  const credentialsFile = await writeCredentials(options.dataFolder, {
    domain: domainName,
    user: userName,
    password,
    project_name: projectName,
    project_id: projectId,
    region: options.region,
  });
  if (await createAdmin(deps, password)) return { ...place, credentialsFile, recovered };
  // Another server made the user meanwhile, with a password of its own.
  await rm(credentialsFile, { force: true });
  return { ...place, credentialsFile: null, recovered };
}

async function recoverIfLost(deps: FirstStartDeps): Promise<boolean> {
  if (!(await catalogIsEmpty(deps.catalog.db)) || (await readRecords(deps.repository, 'domain')).length === 0) return false;
  const report = await recoverCatalog(deps);
  deps.log.warn(report, 'the catalog was empty and was made again from the repository');
  return true;
}

async function ensureDomain(deps: FirstStartDeps): Promise<void> {
  const { db } = deps.catalog;
  if ((await db.selectFrom('domains').select('id').where('id', '=', firstDomainId).executeTakeFirst()) !== undefined) return;
  await putRecord(deps.repository, 'domain', firstDomainId, { name: domainName });
  await db
    .insertInto('domains')
    .values({ id: firstDomainId, name: domainName })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function ensureProject(deps: FirstStartDeps, name: string): Promise<string> {
  const { db } = deps.catalog;
  const find = db.selectFrom('projects').select('id').where('domain_id', '=', firstDomainId).where('name', '=', name);
  const existing = await find.executeTakeFirst();
  if (existing !== undefined) return existing.id;
  const id = newHexId();
  const created = deps.clock.now();
  await putRecord(deps.repository, 'project', id, { domainId: firstDomainId, name, created: created.toISOString() });
  const inserted = await db
    .insertInto('projects')
    .values({ id, domain_id: firstDomainId, name, created })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted !== undefined) return id;
  // Another server was quicker; its project counts, ours must not come back.
  await deps.repository.records.delete('project', id);
  return (await find.executeTakeFirstOrThrow()).id;
}

function findAdmin(deps: FirstStartDeps): Promise<Selectable<UsersTable> | undefined> {
  return deps.catalog.db
    .selectFrom('users')
    .selectAll()
    .where('domain_id', '=', firstDomainId)
    .where('name', '=', userName)
    .executeTakeFirst();
}

/** False if the user was there already. */
async function createAdmin(deps: FirstStartDeps, password: string): Promise<boolean> {
  const { db } = deps.catalog;
  const id = newHexId();
  const created = deps.clock.now();
  const role = (await db.selectFrom('roles').select('id').where('name', '=', roleName).executeTakeFirst()) ?? { id: newHexId() };
  const record: UserRecord = {
    domainId: firstDomainId,
    name: userName,
    passwordHash: await hashPassword(password),
    created: created.toISOString(),
    grants: [{ role: roleName, roleId: role.id, scopeId: firstDomainId }],
  };
  await putRecord(deps.repository, 'user', id, record);
  const made = await db.transaction().execute(async (trx) => {
    const user = await trx
      .insertInto('users')
      .values({ id, domain_id: firstDomainId, name: userName, password_hash: record.passwordHash, created })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst();
    if (user === undefined) return false;
    await trx
      .insertInto('roles')
      .values({ id: role.id, name: roleName })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await trx.insertInto('role_grants').values({ user_id: id, role_id: role.id, scope_id: firstDomainId }).execute();
    return true;
  });
  if (!made) await deps.repository.records.delete('user', id);
  return made;
}

async function changePassword(deps: FirstStartDeps, user: Selectable<UsersTable>, password: string): Promise<void> {
  if (await checkPassword(password, user.password_hash)) return;
  const passwordHash = await hashPassword(password);
  await changeDirectory(deps, user.domain_id, async (trx) => {
    // Whoever holds the settings gets in, also where everybody was shut out.
    await trx.updateTable('users').set({ password_hash: passwordHash, enabled: true }).where('id', '=', user.id).execute();
    // Whoever knew the old password only is out.
    await trx.deleteFrom('tokens').where('user_id', '=', user.id).execute();
    await recordUser(deps, trx, user.id);
  });
  deps.log.info({ user: user.name }, 'password changed to the one of the settings');
}
