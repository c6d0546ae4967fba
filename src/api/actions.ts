/**
 * What each call needs to be permitted. Not declared here means: only whoever may do everything. A test sees to it that every
 * route stands here.
 */

/**
 * The action that a role must permit; null: any role in the project, or for a call without a project anybody who proved who they
 * are; `own`: the action, except about oneself; `create`: the action, or where the body has a `restore_point` the other one, which
 * whoever has the first has, too.
 */
export type NeededAction = string | null | { readonly own: string } | { readonly create: string; readonly fromBackup: string };

const p = '/v3/:project_id';
const l = '/larder/v1/:project_id';

const addresses: Readonly<Record<string, NeededAction>> = {
  // Backup and restoration
  [`POST ${p}/backups`]: 'dds:instance:createManualBackup',
  [`GET ${p}/backups`]: 'dds:backup:list',
  [`DELETE ${p}/backups/:backup_id`]: 'dds:backup:delete',
  [`DELETE ${p}/instances/backups`]: 'dds:backup:delete',
  [`PUT ${p}/backups/:backup_id`]: 'dds:backup:stop',
  [`GET ${p}/backups/download-file`]: 'dds:backup:download',
  [`POST ${p}/instances/recovery`]: 'dds:backup:refreshInstanceFromBackup',
  [`GET ${p}/instances/:instance_id/backups/policy`]: 'dds:instance:list',
  [`PUT ${p}/instances/:instance_id/backups/policy`]: 'dds:instance:modifyBackupPolicy',
  [`GET ${p}/instances/:instance_id/restore-time`]: 'dds:instance:list',
  [`GET ${p}/instances/:instance_id/restore-database`]: 'dds:instance:list',
  [`GET ${p}/instances/:instance_id/restore-collection`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/restore/collections`]: 'dds:backup:refreshInstanceFromBackup',
  // Instances
  [`GET ${p}/instances`]: 'dds:instance:list',
  [`POST ${p}/instances`]: { create: 'dds:instance:create', fromBackup: 'dds:backup:createInstanceFromBackup' },
  [`DELETE ${p}/instances/:instance_id`]: 'dds:instance:deleteInstance',
  [`POST ${p}/instances/:instance_id/restart`]: 'dds:instance:reboot',
  [`POST ${p}/instances/:instance_id/enlarge-volume`]: 'dds:instance:extendVolume',
  [`POST ${p}/instances/:instance_id/enlarge`]: 'dds:instance:extendNode',
  [`POST ${p}/instances/:instance_id/resize`]: 'dds:instance:modifySpec',
  [`POST ${p}/instances/:instance_id/switchover`]: 'dds:instance:switchover',
  [`POST ${p}/instances/:instance_id/switch-ssl`]: 'dds:instance:modifySSL',
  [`PUT ${p}/instances/:instance_id/modify-name`]: 'dds:instance:modify',
  [`POST ${p}/instances/:instance_id/modify-port`]: 'dds:instance:modifyPort',
  [`POST ${p}/instances/:instance_id/modify-security-group`]: 'dds:instance:modifySecurityGroup',
  [`POST ${p}/nodes/:node_id/bind-eip`]: 'dds:instance:bindPublicIp',
  [`POST ${p}/nodes/:node_id/unbind-eip`]: 'dds:instance:unbindPublicIp',
  [`POST ${p}/instances/:instance_id/modify-internal-ip`]: 'dds:instance:modifyVIP',
  [`POST ${p}/instances/:instance_id/create-ip`]: 'dds:instance:createIp',
  [`POST ${p}/instances/:instance_id/client-network`]: 'dds:instance:modify',
  [`PUT ${p}/instances/:instance_id/maintenance-window`]: 'dds:instance:modify',
  [`GET ${p}/instances/logs/lts-configs`]: 'dds:instance:list',
  [`POST ${p}/instances/logs/lts-configs`]: 'dds:instance:modify',
  [`DELETE ${p}/instances/logs/lts-configs`]: 'dds:instance:modify',
  [`PUT ${p}/instances/:instance_id/reset-password`]: 'dds:instance:resetPasswd',
  [`GET ${p}/recycle-instances`]: null,
  [`GET ${p}/instances/recycle-policy`]: null,
  [`PUT ${p}/instances/recycle-policy`]: 'dds:instance:modify',
  [`GET ${p}/configurations`]: 'dds:param:list',
  [`GET ${p}/configurations/:config_id`]: 'dds:param:list',
  [`POST ${p}/configurations`]: 'dds:param:create',
  [`POST ${p}/configurations/comparison`]: 'dds:param:list',
  [`GET ${p}/configurations/name-validation`]: 'dds:param:list',
  [`PUT ${p}/configurations/:config_id`]: 'dds:param:modify',
  [`DELETE ${p}/configurations/:config_id`]: 'dds:param:delete',
  [`POST ${p}/configurations/:config_id/copy`]: 'dds:param:create',
  [`POST ${p}/configurations/:config_id/reset`]: 'dds:param:modify',
  [`GET ${p}/configurations/:config_id/histories`]: 'dds:param:list',
  [`GET ${p}/configurations/:config_id/applied-histories`]: 'dds:param:list',
  [`GET ${p}/configurations/:config_id/applicable-instances`]: 'dds:param:list',
  [`PUT ${p}/configurations/:config_id/apply`]: 'dds:instance:modifyParameter',
  [`PUT ${p}/instances/:instance_id/configurations`]: 'dds:instance:modifyParameter',
  [`GET ${p}/instances/:instance_id/configuration-histories`]: 'dds:param:list',
  [`GET ${p}/instances/:instance_id/configurations`]: 'dds:param:list',
  [`GET ${p}/nodes/:node_id/sessions`]: 'dds:instance:session',
  [`POST ${p}/nodes/:node_id/session`]: 'dds:instance:session',
  [`GET ${p}/instances/:instance_id/conn-statistics`]: 'dds:instance:list',
  [`GET ${p}/instances/:instance_id/slowlog`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/slowlog-download`]: 'dds:instance:list',
  [`GET ${p}/instances/:instance_id/errorlog`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/errorlog-download`]: 'dds:instance:list',
  [`GET ${p}/instances/:instance_id/auditlog-policy`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/auditlog-policy`]: 'dds:instance:modifyAuditLogSwitch',
  [`GET ${p}/instances/:instance_id/auditlog`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/auditlog-links`]: 'dds:instance:downloadAuditLog',
  [`POST ${p}/instances/action`]: 'dds:instance:list',
  [`POST ${p}/instances/:instance_id/tags/action`]: 'dds:instance:modify',
  [`GET ${p}/instances/:instance_id/tags`]: 'dds:instance:list',
  // No action is documented for these: whoever may use the project may read them.
  [`GET ${p}/tags`]: null,
  [`GET ${p}/instances/tags`]: null,
  [`GET ${p}/jobs`]: null,
  'GET /v3.1/:project_id/jobs': null,
  [`GET ${p}/quotas`]: null,
  [`GET ${p}/flavors`]: null,
  'GET /v3.1/:project_id/flavors': null,
  [`GET ${p}/datastores/:datastore_name/versions`]: null,
  [`GET ${p}/storage-type`]: null,
  // Larder's own calls
  [`POST ${l}/instances/adopt`]: 'dds:instance:create',
  [`GET ${l}/instances`]: 'dds:instance:list',
  [`GET ${l}/instances/:instance_id`]: 'dds:instance:list',
  [`PATCH ${l}/instances/:instance_id`]: 'dds:instance:modify',
  [`GET ${l}/instances/:instance_id/policy`]: 'dds:instance:list',
  // It shows documents, as backups do.
  [`GET ${l}/instances/:instance_id/history`]: 'dds:backup:download',
  [`GET ${l}/instances/:instance_id/drill-schedule`]: 'dds:instance:list',
  [`PUT ${l}/instances/:instance_id/drill-schedule`]: 'larder:drill:create',
  [`DELETE ${l}/instances/:instance_id/drill-schedule`]: 'larder:drill:create',
  [`POST ${l}/backups`]: 'dds:instance:createManualBackup',
  [`GET ${l}/backups`]: 'dds:backup:list',
  [`GET ${l}/backups/:backup_id`]: 'dds:backup:list',
  [`GET ${l}/backups/:backup_id/archive`]: 'dds:backup:download',
  [`POST ${l}/backups/import`]: 'dds:instance:createManualBackup',
  [`POST ${l}/restores`]: 'dds:backup:refreshInstanceFromBackup',
  [`GET ${l}/jobs/:job_id`]: null,
  [`POST ${l}/drills`]: 'larder:drill:create',
  [`POST ${l}/jobs/:job_id/cancel`]: 'larder:job:cancel',
  [`GET ${l}/audit`]: 'larder:audit:list',
  // One's own keys, which permit no more than one may oneself
  [`GET ${l}/access-keys`]: null,
  [`POST ${l}/access-keys`]: null,
  [`DELETE ${l}/access-keys/:access`]: null,
  // Identity
  'GET /v3/auth/tokens': null,
  'DELETE /v3/auth/tokens': null,
  'GET /v3/auth/catalog': null,
  'GET /v3/auth/projects': null,
  'GET /v3/auth/domains': null,
  'GET /v3/projects': null,
  'GET /v3/projects/:id': null,
  'GET /v3/domains': null,
  'GET /v3/domains/:id': null,
  'POST /v3/projects': 'iam:projects:create',
  'PATCH /v3/projects/:id': 'iam:projects:update',
  'DELETE /v3/projects/:id': 'iam:projects:delete',
  'GET /v3/users': 'iam:users:list',
  'POST /v3/users': 'iam:users:create',
  'GET /v3/users/:user_id': { own: 'iam:users:list' },
  'PATCH /v3/users/:user_id': 'iam:users:update',
  'DELETE /v3/users/:user_id': 'iam:users:delete',
  'POST /v3/users/:user_id/password': null,
  'GET /v3/roles': 'iam:roles:list',
  'POST /v3/roles': 'iam:roles:create',
  'GET /v3/roles/:role_id': 'iam:roles:list',
  'PATCH /v3/roles/:role_id': 'iam:roles:update',
  'DELETE /v3/roles/:role_id': 'iam:roles:delete',
  'GET /v3/projects/:scope_id/users/:user_id/roles': { own: 'iam:roles:list' },
  'GET /v3/projects/:scope_id/users/:user_id/roles/:role_id': { own: 'iam:roles:list' },
  'PUT /v3/projects/:scope_id/users/:user_id/roles/:role_id': 'iam:roles:grant',
  'DELETE /v3/projects/:scope_id/users/:user_id/roles/:role_id': 'iam:roles:revoke',
  'GET /v3/domains/:scope_id/users/:user_id/roles': { own: 'iam:roles:list' },
  'GET /v3/domains/:scope_id/users/:user_id/roles/:role_id': { own: 'iam:roles:list' },
  'PUT /v3/domains/:scope_id/users/:user_id/roles/:role_id': 'iam:roles:grant',
  'DELETE /v3/domains/:scope_id/users/:user_id/roles/:role_id': 'iam:roles:revoke',
};

/** What a route needs; `undefined` if nobody declared it. */
export function neededAction(method: string, url: string): NeededAction | undefined {
  return addresses[`${method === 'HEAD' ? 'GET' : method} ${url.replace(/(.)\/$/, '$1')}`];
}

/** `METHOD /address` of every route that is declared. */
export const declaredRoutes: readonly string[] = Object.keys(addresses);

/** What to ask for where nothing is declared: no policy names it, so only a role that permits everything does. */
export const undeclared = 'undeclared:undeclared:call';
