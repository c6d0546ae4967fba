import type { Selectable } from 'kysely';
import type { AuditEntriesTable } from '../catalog/schema.ts';
import { translateCatalogError } from '../catalog/translate-catalog-error.ts';
import { pageOfRows } from './page-of-rows.ts';
import { newHexId } from './new-id.ts';
import type { IdentityDeps } from './tokens.ts';
import type { Page, Rows } from './use-cases.ts';

/** One request that changed something, or that was to and was refused. Holds no secret. */
export interface AuditEntry {
  readonly id: string;
  readonly time: Date;
  /** null: it was about no project, as the management of users is. */
  readonly projectId: string | null;
  /** null: it was not proved who asked. */
  readonly userId: string | null;
  readonly userName: string | null;
  /** Where the request came from. */
  readonly address: string;
  readonly method: string;
  readonly path: string;
  /** As the description of the API names it. */
  readonly operation: string;
  readonly status: number;
  /** Of a refusal. */
  readonly code: string | null;
  readonly requestId: string;
  /** Ids of what it was about and of what it made. */
  readonly subjects: Readonly<Record<string, string>>;
}

export interface AuditFilter extends Page {
  /** null: whatever it was about, also no project. */
  readonly projectId: string | null;
  /** Id or name. */
  readonly user?: string;
  readonly operation?: string;
  readonly result?: 'done' | 'refused';
  /** Ends included. */
  readonly begin?: Date;
  readonly end?: Date;
}

export interface Audit {
  /** Stored once resolved. Time and id are given here. */
  record(entry: Omit<AuditEntry, 'id' | 'time'>): Promise<void>;
  /** Newest first. */
  list(filter: AuditFilter): Promise<Rows<AuditEntry>>;
}

/** The audit log in the catalog. Besides what the methods say, each may throw `catalog-unavailable`. */
export function createAudit(deps: IdentityDeps): Audit {
  const { db } = deps.catalog;
  let count = 0;
  return {
    async record(entry) {
      const time = deps.clock.now();
      // Entries of the same millisecond keep their order, as far as one server wrote them.
      count = (count + 1) % 2 ** 32;
      const order = count.toString(16).padStart(8, '0');
      try {
        await db
          .insertInto('audit_entries')
          .values({
            id: order + newHexId().slice(order.length),
            time,
            project_id: entry.projectId,
            user_id: entry.userId,
            user_name: entry.userName,
            address: entry.address,
            method: entry.method,
            path: entry.path,
            operation: entry.operation,
            status: entry.status,
            code: entry.code,
            request_id: entry.requestId,
            subjects: JSON.stringify(entry.subjects),
          })
          .execute();
      } catch (error) {
        throw translateCatalogError(error);
      }
    },

    async list(filter) {
      const { projectId, user, operation, result, begin, end } = filter;
      let matching = db.selectFrom('audit_entries');
      if (projectId !== null) matching = matching.where('project_id', '=', projectId);
      if (user !== undefined) matching = matching.where((e) => e.or([e('user_id', '=', user), e('user_name', '=', user)]));
      if (operation !== undefined) matching = matching.where('operation', '=', operation);
      if (result !== undefined) matching = matching.where('status', result === 'done' ? '<' : '>=', 400);
      if (begin !== undefined) matching = matching.where('time', '>=', begin);
      if (end !== undefined) matching = matching.where('time', '<=', end);
      try {
        const { rows, total } = await pageOfRows('audit_entries', matching, { ...filter, column: 'time', projectId: null });
        return { rows: rows.map(entryFromRow), total };
      } catch (error) {
        throw translateCatalogError(error);
      }
    },
  };
}

function entryFromRow(row: Selectable<AuditEntriesTable>): AuditEntry {
  return {
    id: row.id,
    time: row.time,
    projectId: row.project_id,
    userId: row.user_id,
    userName: row.user_name,
    address: row.address,
    method: row.method,
    path: row.path,
    operation: row.operation,
    status: row.status,
    code: row.code,
    requestId: row.request_id,
    subjects: row.subjects as AuditEntry['subjects'],
  };
}
