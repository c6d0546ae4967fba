import type { LarderApi } from '../../src/cli/larder-api.ts';
import type { Session } from '../../src/cli/session.ts';
import { formatBytes } from '../../src/cli/render/format-bytes.ts';
import { formatCount } from '../../src/cli/render/format-count.ts';
import { formatDuration } from '../../src/cli/render/format-duration.ts';
import { requireCompleted, waitForJob } from '../../src/cli/wait-for-job.ts';
import type { WireBackupDetails } from '../../src/cli/wire.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Story } from './story.ts';

export interface TakenBackup {
  readonly details: WireBackupDetails;
  /** From the request to the end of the job. */
  readonly seconds: number;
}

export interface Stage {
  readonly session: Session;
  readonly api: LarderApi;
  readonly story: Story;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Takes a manual backup with the DDS request itself, shows request and answer, and follows the job to its end. Rejects if it Failed. */
export async function takeBackup(
  stage: Stage,
  backup: { instance_id: string; name: string; description: string },
): Promise<TakenBackup> {
  const { session, api, story, clock } = stage;
  const path = `/v3/${session.projectId}/backups`;
  const body = { backup };
  story.say(`POST ${path}\n${JSON.stringify(body)}`);
  const begun = clock.now().getTime();
  const answer = await session.send({ method: 'POST', path, body });
  story.say(`${answer.status} ${JSON.stringify(answer.json)}`);
  const { job_id, backup_id } = answer.json as { readonly job_id: string; readonly backup_id: string };
  await followJob(stage, job_id);
  const seconds = (clock.now().getTime() - begun) / 1000;
  const details = await api.showBackup(backup_id);
  const read = `${formatCount(details.documents_read ?? 0)} documents read, ${formatBytes(details.bytes_read ?? 0)}`;
  story.say(`${details.status} in ${formatDuration(seconds)}: ${read}, ${formatBytes(details.bytes_stored ?? 0)} stored`);
  return { details, seconds };
}

/** Shows a job's progress until it has ended. Rejects with the job's reason if it Failed. */
export async function followJob({ api, story, signal }: Stage, jobId: string): Promise<void> {
  const renderer = { progress: story.progress, progressEnd: story.progressEnd };
  requireCompleted(await waitForJob(api, jobId, { signal, renderer }));
}
