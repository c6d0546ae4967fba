import { randomBytes } from 'node:crypto';
import { LarderError } from '../../core/errors.ts';
import { beginBackup } from '../begin-backup.ts';
import { clearTarget } from '../clear-target.ts';
import type { JobDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import type { InstanceRow } from '../instance-from-row.ts';
import { ownOf } from '../instance-from-row.ts';
import { instanceNodes } from '../instance-nodes.ts';
import { writeInstance } from '../instance-record.ts';
import type { JobKind, JobRow } from '../job-kind.ts';
import { onTrial } from '../on-trial.ts';
import { findPolicyRow } from '../policy-row.ts';
import { keepProof } from '../proofs.ts';
import { proofOf, resultOf } from '../restore-result.ts';
import { refuseUnbuilt } from '../restore/clear-target.ts';
import { automatedName } from '../schedule-backups.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import type { RestoreLeg, RestoreSummary, TaskContext } from '../tasks.ts';
import type { CreateInstanceRequest } from './create-instance.ts';
import { administratorName, isElsewhere, serviceUserOf, uriOf } from './own-servers.ts';
import { startNewServers } from './start-new-servers.ts';
import { isForAnother } from './server-places.ts';
import { setAdministrator } from './server-users.ts';

/**
 * Starts the servers of a new instance, brings the backup into them where it is made from one, and makes the first automated backup owed
 * in the same moment in which the instance becomes normal. Every try begins with nothing; given up, nothing is left but a row that says
 * `createfail`.
 */
export const createInstanceJob: JobKind = {
  isElsewhere: isForAnother,

  async run(deps, job, context) {
    const ordered = await findInstance(deps.catalog.db, job.project_id, job.instance_id);
    if (isElsewhere(deps, ordered)) {
      throw new LarderError('mongod-unavailable', 'The server of Larder that was to start the servers is gone.');
    }
    const { sealedPassword, legs = [] } = job.request as CreateInstanceRequest;
    const password =
      sealedPassword === null ? null : deps.repository.openSecret(sealedPassword, sealedContexts.administrator(job.id));
    const administrator = { name: administratorName, password: password ?? randomBytes(18).toString('hex') };
    const service = serviceUserOf(deps, ordered);
    const users = legs.length === 0 ? [service, administrator] : [service];
    const row = await startNewServers(deps, ordered, users, context.signal);
    try {
      const restored = legs.length === 0 ? null : await bringBackup(deps, { job, row, legs }, context);
      if (restored !== null) {
        const connection = { uri: uriOf(deps, row), signal: context.signal };
        await setAdministrator(connection, administrator, { keep: password === null });
      }
      const found = await deps.probe(uriOf(deps, row), context.signal);
      const result = restored === null ? null : resultOf(restored);
      // A replay says nothing of the backup as a whole.
      const proved = result?.verdict === 'equal' ? job.backup_id : null;
      const writeProof = proved === null ? null : await keepProof(deps, proved, proofOf(result!, job.id, deps.clock.now()));
      return async (trx, now) => {
        const ready = await writeInstance(deps, trx, row.id, (current) => ({
          status: 'normal',
          action: null,
          action_job_id: null,
          server_version: found.serverVersion,
          address: found.address,
          tls: found.tls,
          nodes: JSON.stringify(instanceNodes(row.id, current.name, found.nodes, ownOf(current))),
          holds_user_data: found.holdsUserData,
          probed: now,
        }));
        if (ready === undefined) throw new LarderError('internal', 'an instance vanished while it was made');
        await trx
          .updateTable('jobs')
          .set({ request: JSON.stringify({ sealedPassword: null }) })
          .where('id', '=', job.id)
          .execute();
        if (result !== null) {
          await trx
            .updateTable('jobs')
            .set({ result: JSON.stringify(result) })
            .where('id', '=', job.id)
            .execute();
        }
        await writeProof?.(trx);
        const policy = await findPolicyRow(trx, row.id);
        if (policy === undefined || policy.keep_days === 0) return;
        const name = automatedName(now, row.id);
        const first = await beginBackup(deps, trx, {
          instance: ready,
          name,
          description: '',
          type: 'Auto',
          keepDays: policy.keep_days,
          now,
        });
        // Where somebody has given the name to a backup the schedule makes it, in a minute and under another name.
        if (first !== null)
          await trx.updateTable('backup_policies').set({ first_due: false }).where('instance_id', '=', row.id).execute();
      };
    } catch (error) {
      await deps.provider.remove(row.id);
      throw error;
    }
  },

  giveUp: (job) => async (trx) => {
    await trx.updateTable('instances').set({ status: 'createfail' }).where('id', '=', job.instance_id).execute();
    await trx
      .updateTable('jobs')
      .set({ request: JSON.stringify({ sealedPassword: null }) })
      .where('id', '=', job.id)
      .execute();
  },

  whenCancelled: {
    leaves: () => 'The instance was not made; delete what the list still shows of it.',
    cleanUp: (deps, job) => deps.provider.remove(job.instance_id),
  },
};

async function bringBackup(
  deps: JobDeps,
  { job, row, legs }: { readonly job: JobRow; readonly row: InstanceRow; readonly legs: readonly RestoreLeg[] },
  context: TaskContext,
): Promise<RestoreSummary> {
  const target = { id: row.id, uri: uriOf(deps, row) };
  const summary = await onTrial(deps, job, legs, () =>
    deps.runTask<'restore'>(
      {
        kind: 'restore',
        repository: deps.repositoryConnection,
        projectId: job.project_id,
        legs,
        restoreId: job.id,
        target,
        overwrite: true,
      },
      context,
    ),
  );
  await clearTarget(deps, target);
  refuseUnbuilt(summary);
  return summary;
}
