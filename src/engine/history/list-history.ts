import { LarderError } from '../../core/errors.ts';
import type { HistoryPage, HistoryQuery } from '../../core/history.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { parseNamespace } from '../../core/restore-selection.ts';
import type { JobDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { findReplayBases, findTimelines } from '../follow/archive-rows.ts';
import type { Caller } from '../use-cases.ts';
import { idMatcher } from './id-matcher.ts';

/** Pages that are read at the same time, on one server: each has a thread. */
const mostAtOnce = 2;

export type ListHistory = (caller: Caller, instanceId: string, query: HistoryQuery) => Promise<HistoryPage>;

/** UseCases.listHistory. */
export function historyLister(deps: Pick<JobDeps, 'catalog' | 'runTask' | 'repositoryConnection'>): ListHistory {
  const { catalog, runTask, repositoryConnection: repository } = deps;
  let running = 0;
  return async ({ projectId }, instanceId, query) => {
    const { mode } = await findInstance(catalog.db, projectId, checkInstanceId(instanceId));
    if (mode === 'Single') throw new LarderError('unsupported-operation', 'A single server has no oplog that tells its history.');
    if (query.ns !== null && parseNamespace(query.ns) === null) {
      throw new LarderError('malformed-request', 'ns must be db.collection.');
    }
    if (query.document !== null) {
      if (query.ns === null)
        throw new LarderError('malformed-request', 'A document is looked for in a collection: ns is missing.');
      idMatcher(query.document);
    }
    const stretches = (await findTimelines(catalog.db, instanceId)).flatMap((timeline) => timeline.stretches);
    const bases = await findReplayBases(catalog.db, instanceId);
    if (running >= mostAtOnce) {
      throw new LarderError('rate-limited', `${mostAtOnce} histories are being read already. Try again later.`, {
        retryable: true,
      });
    }
    running++;
    try {
      return await runTask<'history'>(
        { kind: 'history', repository, projectId, instanceId, stretches, bases, query },
        { signal: new AbortController().signal, report: () => undefined },
      );
    } finally {
      running--;
    }
  };
}
