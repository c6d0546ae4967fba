import { Type, type Static } from 'typebox';
import type { DrillScheduleState, InstanceProof } from '../../engine/use-cases.ts';
import { oneOf } from '../fields.ts';
import { anyObject, isoTime, nullable } from './json-types.ts';

export const proofSchema = Type.Object(
  {
    state: oneOf(['none', 'waiting', 'proved', 'failed', 'overdue']),
    last_verdict: nullable(oneOf(['proved', 'failed'])),
    last_at: nullable(isoTime),
    proved_at: nullable(isoTime),
    backup_id: nullable(Type.String()),
    allowed_days: nullable(Type.Integer({ description: 'Days after which a proof is too old' })),
  },
  { description: 'How far the backups of the instance are proved' },
);

/** How an instance stands, field by field. */
export function proofJson(proof: InstanceProof): Static<typeof proofSchema> {
  return {
    state: proof.state,
    last_verdict: proof.lastVerdict,
    last_at: proof.lastAt?.toISOString() ?? null,
    proved_at: proof.provedAt?.toISOString() ?? null,
    backup_id: proof.backupId,
    allowed_days: proof.allowedDays,
  };
}

export const drillScheduleSchema = Type.Object({
  schedule: nullable(
    Type.Object({
      every_days: Type.Integer(),
      start_time: nullable(Type.String()),
      proof_days: Type.Integer(),
      assertions: Type.Array(anyObject),
    }),
  ),
  last_begun: nullable(isoTime),
  last_job_id: nullable(Type.String()),
  trouble: nullable(Type.String({ description: 'Why the last try to begin a drill did not succeed' })),
  proof: proofSchema,
});

/** The drills of an instance, field by field. */
export function drillScheduleJson({ schedule, ...state }: DrillScheduleState): Static<typeof drillScheduleSchema> {
  return {
    schedule:
      schedule === null
        ? null
        : {
            every_days: schedule.everyDays,
            start_time: schedule.startTime,
            proof_days: schedule.proofDays,
            // They were checked when they were set.
            assertions: schedule.assertions as Record<string, unknown>[],
          },
    last_begun: state.lastBegun?.toISOString() ?? null,
    last_job_id: state.lastJobId,
    trouble: state.trouble,
    proof: proofJson(state.proof),
  };
}
