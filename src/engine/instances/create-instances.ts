import { translateCatalogError } from '../../catalog/translate-catalog-error.ts';
import type { Configurations } from '../configurations/configurations.ts';
import { createConfigurations } from '../configurations/create-configurations.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { instanceRefresher } from '../refresh-instance.ts';
import { beginChange } from './begin-change.ts';
import { instanceCreator } from './create-instance.ts';
import { findNode } from './find-node.ts';
import { createLogLinks, downloadLog } from './log-downloads.ts';
import { removeLogStreams, setLogStreams } from './log-streams.ts';
import type { Instances } from './instances.ts';
import { listRecycled, recycleDays, setRecycleDays } from './recycle-bin.ts';
import { requireInstance } from './require-instance.ts';
import { listLogEntries, listSlowOperations } from './server-logs.ts';
import { countConnections, killSessions, listSessions } from './sessions.ts';
import { keepSettings, rename, resetPassword } from './settle-settings.ts';
import { addTags, findByTags, listProjectTags, listTags, removeTags } from './tags.ts';
import { usedBytes } from './used-bytes.ts';

/** The use cases of instances over what they stand on. Each may throw `catalog-unavailable` and `store-unavailable` besides. */
export function createInstances(deps: EngineDeps): Instances {
  const refresh = instanceRefresher(deps);
  const create = instanceCreator(deps);
  const run = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw translateCatalogError(error);
    }
  };
  return {
    configurations: translated(createConfigurations(deps, refresh), run),
    create: (caller, body, options) => run(create(caller, body, options)),
    change: (caller, instanceId, change) =>
      run(beginChange(deps, refresh, caller, instanceId, change).then(({ jobId }) => ({ jobId }))),
    rename: (caller, instanceId, name) => run(rename(deps, caller, instanceId, name)),
    resetPassword: (caller, instanceId, request) => run(resetPassword(deps, refresh, caller, instanceId, request)),
    keepSettings: (caller, instanceId, settings) => run(keepSettings(deps, caller, instanceId, settings)),
    findNode: (caller, nodeId) => run(findNode(deps, caller, nodeId).then(({ row, node }) => ({ instanceId: row.id, node }))),
    listRecycled: (caller, page) => run(listRecycled(deps, caller, page)),
    recycleDays: (caller) => run(recycleDays(deps.catalog.db, caller.projectId)),
    setRecycleDays: (caller, days) => run(setRecycleDays(deps, caller, days)),
    listSessions: (caller, nodeId, filter) => run(listSessions(deps, caller, nodeId, filter)),
    killSessions: (caller, nodeId, ids) => run(killSessions(deps, caller, nodeId, ids)),
    countConnections: (caller, instanceId, nodeId) => run(countConnections(deps, caller, instanceId, nodeId)),
    listSlowOperations: (caller, instanceId, query) => run(listSlowOperations(deps, caller, instanceId, query)),
    listLogEntries: (caller, instanceId, query) => run(listLogEntries(deps, caller, instanceId, query)),
    createLogLinks: (caller, instanceId, query) => run(createLogLinks(deps, caller, instanceId, query)),
    downloadLog: (projectId, fileName, token) => run(downloadLog(deps, projectId, fileName, token)),
    setLogStreams: (caller, streams) => run(setLogStreams(deps, caller, streams)),
    removeLogStreams: (caller, streams) => run(removeLogStreams(deps, caller, streams)),
    versions: () => deps.provider.versions(),
    usedBytes: (instances) => run(usedBytes(deps, instances)),
    addTags: (caller, instanceId, tags) => run(addTags(deps, caller, instanceId, tags)),
    removeTags: (caller, instanceId, tags) => run(removeTags(deps, caller, instanceId, tags)),
    requireInstance: (caller, instanceId) => run(requireInstance(deps, caller, instanceId)),
    listTags: (caller, instanceId) => run(listTags(deps, caller, instanceId)),
    listProjectTags: (caller) => run(listProjectTags(deps, caller)),
    findByTags: (caller, filter) => run(findByTags(deps, caller, filter)),
  };
}

/** The same calls, each through `run`. */
function translated(calls: Configurations, run: <T>(work: Promise<T>) => Promise<T>): Configurations {
  const wrapped = Object.entries(calls).map(([name, call]) => [
    name,
    async (...args: readonly unknown[]) => run((call as (...all: readonly unknown[]) => Promise<unknown>)(...args)),
  ]);
  return Object.fromEntries(wrapped) as Configurations;
}
