import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findBackup } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { requireCompleted, waitForJob } from '../wait-for-job.ts';

/** `larder backup delete`: other backups are never harmed; the space is freed later. */
export function addBackupDelete(backup: Command, register: Register): void {
  const command = backup
    .command('delete')
    .description('delete a backup')
    .argument('<backup>', 'id or name')
    .option('--wait', 'end when it is deleted');
  register<{ readonly wait?: true }>(
    withServerOptions(command),
    async ({ api: connect, io, renderer }, options, [idOrName = '']) => {
      const api = await connect();
      const { id, name } = await findBackup(api, idOrName);
      const { job_id } = await api.deleteBackup(id);
      if (options.wait !== true) {
        renderer.result({ backup_id: id, job_id }, `Deletion of ${name} begun, job ${job_id}.`);
        return;
      }
      const job = await waitForJob(api, job_id, { signal: io.signal, renderer });
      requireCompleted(job);
      renderer.result({ backup_id: id, job_id, job }, `${name} is deleted.`);
    },
  );
}
