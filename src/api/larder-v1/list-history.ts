import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { formatMarker, historyKinds, parseMarker, usualThresholds, type HistoryEvent } from '../../core/history.ts';
import { formatPoint } from '../../core/oplog-archive.ts';
import type { Operation } from '../context.ts';
import { ddsErrors, defaultLimit, instanceId, limit, oneOf, projectParams } from '../fields.ts';
import { callerOf } from '../principal.ts';
import { parseTime } from '../times.ts';
import { isoTime, nullable } from './json-types.ts';

/** Seconds of an oplog have 32 bits. */
const lastSecond = 0xffff_ffff;

const point = Type.String({ pattern: '^\\d{1,10}:\\d{1,10}$' });
const eventSchema = Type.Object({
  kind: oneOf([...historyKinds]),
  time: isoTime,
  at: point,
  until: nullable(point),
  restore_at: point,
  restorable: Type.Boolean(),
  ns: Type.String(),
  other_ns: nullable(Type.String()),
  count: nullable(Type.Integer()),
  in_transaction: Type.Boolean(),
  change: nullable(Type.String()),
});

/** No NUL and no half of a surrogate pair. */
const plainText = (most: number): string => `^[^\\u0000\\ud800-\\udfff]{1,${most}}$`;
const time = (what: string) =>
  Type.String({ maxLength: 64, description: `a time like 2026-11-25T10:00:00Z, in UTC: ${what}`, 'x-error': 'invalid-date' });

const schema = {
  operationId: 'listHistory',
  summary:
    'List drops, mass changes and what happened to a document, out of the archived oplog, each with the restore point just before it',
  tags: ['larder'],
  params: Type.Object({ ...projectParams.properties, instance_id: instanceId }),
  querystring: Type.Object({
    ns: Type.Optional(Type.String({ pattern: plainText(320), description: 'db.collection: only what happened to this one' })),
    document: Type.Optional(
      Type.String({
        pattern: plainText(1024),
        description: 'the _id of a document of ns in Extended JSON, like 5, "a" or {"$oid":"..."}',
      }),
    ),
    from: Type.Optional(time('nothing earlier')),
    to: Type.Optional(time('nothing later')),
    mass_documents: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description: 'a number of documents that makes a mass change, 1 or more',
      }),
    ),
    mass_seconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 3600, description: 'a number of seconds within which they change, from 1 to 3600' }),
    ),
    limit: Type.Optional(limit),
    marker: Type.Optional(Type.String({ maxLength: 8192, description: 'the next_marker of the page before' })),
  }),
  response: {
    200: Type.Object({ events: Type.Array(eventSchema), next_marker: nullable(Type.String()), entries: Type.Integer() }),
    ...ddsErrors,
  },
} as const;

/** `GET /larder/v1/{project_id}/instances/{instance_id}/history` */
export const listHistory: Operation = (server, { useCases }) => {
  const address = '/larder/v1/:project_id/instances/:instance_id/history';
  server.get(address, { schema, config: { access: 'project' } }, async (request) => {
    const { query } = request;
    const marker = query.marker === undefined ? null : parseMarker(query.marker);
    if (query.marker !== undefined && marker === null) {
      throw new LarderError('malformed-request', 'marker must be the next_marker of the page before.');
    }
    const page = await useCases.listHistory(callerOf(request), request.params.instance_id, {
      ns: query.ns ?? null,
      document: query.document ?? null,
      from: query.from === undefined ? 0 : secondOf(query.from, 'from'),
      to: query.to === undefined ? lastSecond : secondOf(query.to, 'to'),
      mass: {
        documents: query.mass_documents ?? usualThresholds.documents,
        seconds: query.mass_seconds ?? usualThresholds.seconds,
      },
      limit: query.limit ?? defaultLimit,
      marker,
    });
    return {
      events: page.events.map(eventJson),
      next_marker: page.next === null ? null : formatMarker(page.next),
      entries: page.entries,
    };
  });
};

function secondOf(text: string, name: string): number {
  const date = parseTime(text);
  const second = date === null ? -1 : Math.floor(date.getTime() / 1000);
  if (second < 0 || second > lastSecond) {
    throw new LarderError('invalid-date', `${name} must be a time like 2026-11-25T10:00:00Z, in UTC.`);
  }
  return second;
}

function eventJson({ at, until, before, otherNs, inTransaction, ...event }: HistoryEvent) {
  return {
    kind: event.kind,
    time: new Date(at.t * 1000).toISOString(),
    at: formatPoint(at),
    until: until === null ? null : formatPoint(until),
    restore_at: formatPoint(before),
    restorable: event.restorable,
    ns: event.ns,
    other_ns: otherNs,
    count: event.count,
    in_transaction: inTransaction,
    change: event.change,
  };
}
