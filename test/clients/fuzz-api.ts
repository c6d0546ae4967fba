import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { documentedErrors, transportErrors } from '../../src/api/errors.ts';
import { probeDeployment } from '../../src/mongo/probe-deployment.ts';
import { openApiWorld, type ApiWorld } from '../fixtures/api-world.ts';
import { startTestSet } from '../fixtures/replica-set.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { pythonEnvironment } from './python-environment.ts';
import { runProgram } from './run-program.ts';

export interface FuzzOptions {
  /** Of each operation. */
  readonly examples: number;
  readonly seed: number;
  /** As Schemathesis names them. */
  readonly phases: readonly string[];
  readonly limitMs?: number;
  /** Only operations with this tag. */
  readonly tag?: string;
}

export interface FuzzReport {
  /** 0: every answer was as described. */
  readonly code: number;
  readonly output: string;
  readonly requests: number;
  /** How often each status and code was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly codes: Readonly<Record<string, number>>;
}

const packages = ['schemathesis==4.32.5', 'hypothesis==6.170.17'];
const hooks = fileURLToPath(new URL('schemathesis_hooks.py', import.meta.url));
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'ignored_auth',
  'documented_refusal',
];

/**
 * Sends what Schemathesis makes of the OpenAPI description, right and wrong, to the API over a real engine with three instances, of one real
 * server, and some backups, whose jobs run meanwhile; ids that exist are among what is sent. Everything stays on the loopback.
 */
export async function fuzzApi({ examples, seed, phases, limitMs, tag }: FuzzOptions): Promise<FuzzReport> {
  const python = await pythonEnvironment('schemathesis', packages);
  await using folder = await temporaryFolder();
  await using api = await openApiWorld();
  // Asking a server that is not there takes ten seconds each time.
  await using set = await startTestSet({ members: 1 });
  api.world.deployment = await probeDeployment(set.uri, AbortSignal.timeout(60_000));
  const ids = await fill(api, set.uri);
  await api.world.start();
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const endpoint = `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
  const statuses: Record<string, number[]> = {};
  for (const { code, status } of [...Object.values(documentedErrors), ...Object.values(transportErrors)]) {
    (statuses[code] ??= []).push(status);
  }
  const facts = join(folder.path, 'facts.json');
  const counts = join(folder.path, 'counts.json');
  await writeFile(facts, JSON.stringify({ project_id: api.projectId, kept: [api.projectId, api.admin.userId], statuses, ids }));
  const { code, output } = await runProgram(
    python,
    [
      ...['-W', 'ignore', '-m', 'schemathesis.cli', 'run', `${endpoint}/larder/v1/openapi.json`],
      ...['--header', `X-Auth-Token: ${api.admin.token}`, '--checks', checks.join(','), '--phases', phases.join(',')],
      ...['--max-examples', String(examples), '--seed', String(seed), '--generation-database', 'none', '--no-color'],
      ...(tag === undefined ? [] : ['--include-tag', tag]),
      ...['--suppress-health-check', 'all', '--warnings', 'off', '--request-timeout', '120'],
    ],
    {
      SCHEMATHESIS_HOOKS: hooks,
      LARDER_FACTS: facts,
      LARDER_COUNTS: counts,
      LARDER_SEED: String(seed),
      NO_PROXY: '127.0.0.1',
      no_proxy: '127.0.0.1',
    },
    { ...(limitMs === undefined ? {} : { limitMs }), cwd: folder.path },
  );
  const counted = JSON.parse(await readFile(counts, 'utf8').catch(() => '{"requests":0,"statuses":{},"codes":{}}')) as FuzzReport;
  return { ...counted, code, output };
}

/** Ids of what there is, by the names that they have in paths and bodies. */
async function fill(api: ApiWorld, uri: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { projectId, admin } = api;
  const instances: string[] = [];
  const backups: string[] = [];
  const jobs: string[] = [];
  for (const name of ['orders', 'customers', 'stock']) {
    const adopted = await admin('POST', `/larder/v1/${projectId}/instances/adopt`, { name, uri });
    const { id } = adopted.body as { id: string };
    instances.push(id);
    const backup = { instance_id: id, name: `backup-of-${name}` };
    const made = (await admin('POST', `/v3/${projectId}/backups`, { backup })).body as { job_id: string; backup_id: string };
    backups.push(made.backup_id);
    jobs.push(made.job_id);
  }
  const { roles } = (await admin('GET', '/v3/roles')).body as { roles: { id: string }[] };
  const configurations: string[] = [];
  for (const name of ['first-template', 'second-template']) {
    const draft = { name, datastore: { node_type: 'replica', version: '6.0' } };
    const { body } = await admin('POST', `/v3/${projectId}/configurations`, draft);
    configurations.push((body as { configuration: { id: string } }).configuration.id);
  }
  return {
    instance_id: instances,
    config_id: configurations,
    source_configuration_id: configurations,
    target_configuration_id: configurations,
    target_instance_id: instances,
    backup_id: backups,
    job_id: jobs,
    role_id: roles.map(({ id }) => id),
  };
}
