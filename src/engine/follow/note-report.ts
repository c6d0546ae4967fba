import { sql } from 'kysely';
import type { EngineDeps } from '../engine-deps.ts';
import { extendTimeline, refreshTimelines } from './archive-rows.ts';
import type { FollowReport } from './follow-messages.ts';

export interface ReportPlace {
  readonly projectId: string;
  readonly instanceId: string;
  readonly holder: string;
}

/** Writes down what the follower of an instance reports. Errors of catalog and store are thrown. */
export async function noteReport(
  { catalog: { db }, repository, log }: Pick<EngineDeps, 'catalog' | 'repository' | 'log'>,
  { projectId, instanceId, holder }: ReportPlace,
  report: FollowReport,
): Promise<void> {
  const setState = async (state: 'following' | 'stalled', cause: string | null): Promise<boolean> => {
    const changed = await db
      .updateTable('oplog_followers')
      .set({ state, cause, since: sql<Date>`now()` })
      .where('instance_id', '=', instanceId)
      .where('holder', '=', holder)
      .where((e) => e.or([e('state', '!=', state), e('cause', 'is distinct from', cause)]))
      .returning('instance_id')
      .executeTakeFirst();
    return changed !== undefined;
  };
  switch (report.kind) {
    case 'resumed':
      return refreshTimelines(db, { repository, projectId, instanceId });
    case 'begun': {
      const { number, gap } = report.timeline;
      if (gap !== null)
        log.warn({ instanceId, timeline: number, cause: gap.cause, detail: gap.detail }, 'the archived oplog has a gap');
      else log.info({ instanceId }, 'the oplog is archived from now on');
      return refreshTimelines(db, { repository, projectId, instanceId });
    }
    case 'stored':
      if (!(await extendTimeline(db, instanceId, report))) await refreshTimelines(db, { repository, projectId, instanceId });
      return;
    case 'looked': {
      if (await setState('following', null)) log.info({ instanceId }, 'the oplog is archived again');
      const { sourceSeconds, oldestSeconds } = report;
      await db
        .updateTable('oplog_followers')
        .set({ source_seconds: sourceSeconds, window_seconds: oldestSeconds === null ? null : sourceSeconds - oldestSeconds })
        .where('instance_id', '=', instanceId)
        .where('holder', '=', holder)
        .execute();
      return;
    }
    case 'stalled':
      if (await setState('stalled', report.cause))
        log.warn({ instanceId, cause: report.cause }, 'the oplog is not archived at the moment');
  }
}
