/**
 * `npm run soak [-- --seeds N] [--from N] [--minutes M] [--points] [--faults] [--scale] [--memory] [--api]`: proves capture and restore at length, on real servers. Seeds:
 * the randomized oracle of the tests, ten at a time on one set, and with two of them 20 points in time; a failure prints the command that runs the same seeds again. `--points`:
 * points in time only, 20 random ones with each seed. `--faults`: with each seed one fault at a random moment of a backup. `--scale`: 10,000
 * collections and a collection of 5,000,000 tiny documents instead. `--memory`: what the server takes while it backs up 1, 4 and 10 GB. `--api`:
 * instead at least 20,000 requests that Schemathesis makes of the API's description, beginning with the seed of `--from`. Ends with 1 at the
 * first difference or broken promise.
 */
import { parseArgs } from 'node:util';
import { reportFigures } from '../bench/report.ts';
import { serverDuringBackup } from '../bench/server-during-backup.ts';
import { fuzzApi } from '../test/clients/fuzz-api.ts';
import { consultOracle, replayCommand } from '../test/fixtures/oracle.ts';
import { consultPointOracle } from '../test/fixtures/point-oracle.ts';
import { openFaultWorld, replayFault } from '../test/fixtures/random-faults.ts';
import { proveScale } from '../test/fixtures/prove-scale.ts';
import { startTestSet } from '../test/fixtures/replica-set.ts';

const atOnce = 10;
/** Of two operations, so that transactions are chains of entries. */
const shortEntries = ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'] as const;
/** At least so many. */
const apiRequests = 20_000;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    minutes: { type: 'string' },
    points: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    faults: { type: 'boolean', default: false },
    api: { type: 'boolean', default: false },
  },
});
process.exitCode = await soak();

function soak(): Promise<number> {
  if (values.memory) return soakMemory();
  if (values.scale) return soakScale();
  if (values.api) return soakApi(whole('from'));
  return (values.faults ? soakFaults : values.points ? soakPoints : soakSeeds)(whole('seeds'), whole('from'), whole('minutes'));
}

async function soakSeeds(seeds: number, from: number, minutes: number): Promise<number> {
  const begun = performance.now();
  await using source = await startTestSet({ extraArguments: [...shortEntries] });
  await using target = await startTestSet({ members: 1 });
  const total = { compared: 0, restored: 0, points: 0 };
  let run = 0;
  while (run < seeds && (performance.now() - begun) / 60_000 < minutes) {
    const batch = Array.from({ length: Math.min(atOnce, seeds - run) }, (_, n) => from + run + n);
    try {
      const options = { source: source.uri, target: target.uri, seeds: batch, backups: 3, operations: 200 };
      const { compared, restored } = await consultOracle(options);
      total.compared += compared;
      total.restored += restored;
      const moments = { source: source.uri, target: target.uri, seeds: batch.slice(0, 2), rounds: 10, operations: 40 };
      total.points += (await consultPointOracle(moments)).points;
    } catch (error) {
      console.error(error);
      console.log(`${run} seeds passed; one of ${batch[0]} to ${batch.at(-1)} failed. The same again: ${replayCommand(batch)}`);
      return 1;
    }
    run += batch.length;
    console.log(
      `${run} seeds: ${total.compared} collections of backups, ${total.restored} restored ones and ${total.points} points in time are the source, byte by byte`,
    );
  }
  console.log(`${run} seeds passed in ${Math.round((performance.now() - begun) / 1000)} s`);
  return 0;
}

async function soakPoints(seeds: number, from: number, minutes: number): Promise<number> {
  const begun = performance.now();
  await using source = await startTestSet({ extraArguments: [...shortEntries] });
  await using target = await startTestSet({ members: 1 });
  let run = 0;
  let points = 0;
  for (; run < seeds && (performance.now() - begun) / 60_000 < minutes; run++) {
    const seed = from + run;
    try {
      const verdict = await consultPointOracle({
        source: source.uri,
        target: target.uri,
        seeds: [seed],
        rounds: 10,
        operations: 40,
      });
      points += verdict.points;
      console.log(
        `seed ${seed}: ${verdict.points} points in time, ${verdict.compared} collections of them are the source, byte by byte`,
      );
    } catch (error) {
      console.error(error);
      console.log(`${run} seeds passed; ${seed} failed. The same again: npm run soak -- --points --from ${seed} --seeds 1`);
      return 1;
    }
  }
  console.log(`${run} seeds and ${points} points in time passed in ${Math.round((performance.now() - begun) / 1000)} s`);
  return 0;
}

async function soakFaults(seeds: number, from: number, minutes: number): Promise<number> {
  const begun = performance.now();
  await using world = await openFaultWorld();
  let run = 0;
  for (; run < seeds && (performance.now() - begun) / 60_000 < minutes; run++) {
    const seed = from + run;
    try {
      const { fault, moment, status, reason, compared } = await world.run(seed);
      const outcome = status === 'Completed' ? `${compared} collections are the source, byte by byte` : `failed: ${reason}`;
      console.log(`seed ${seed}, ${fault} at ${Math.round(moment * 100)} %: ${outcome}`);
    } catch (error) {
      console.error(error);
      console.log(`${run} seeds passed; ${seed} failed. The same again: ${replayFault(seed)}`);
      return 1;
    }
  }
  console.log(`${run} seeds passed in ${Math.round((performance.now() - begun) / 1000)} s`);
  return 0;
}

async function soakScale(): Promise<number> {
  const figures = await proveScale({ collections: 10_000, tinyDocuments: 5_000_000, restore: 'everything' });
  console.log(JSON.stringify({ ...figures, memoryMiB: Math.round(process.resourceUsage().maxRSS / 1024) }));
  return 0;
}

async function soakMemory(): Promise<number> {
  let missed = 0;
  for (const gigabytes of [1, 4, 10]) missed += reportFigures(`${gigabytes} GB`, await serverDuringBackup(gigabytes));
  return missed === 0 ? 0 : 1;
}

async function soakApi(from: number): Promise<number> {
  let requests = 0;
  for (let seed = from; requests < apiRequests; seed++) {
    const report = await fuzzApi({ examples: 100, seed, phases: ['coverage', 'fuzzing', 'stateful'], limitMs: 3_600_000 });
    requests += report.requests;
    if (report.code !== 0) {
      console.log(`${report.output}\nThe same again: npm run soak -- --api --from ${seed}`);
      return 1;
    }
    console.log(`${requests} requests answered as described; of seed ${seed}: ${JSON.stringify(report.statuses)}`);
  }
  return 0;
}

function whole(name: 'seeds' | 'from' | 'minutes'): number {
  const text = values[name];
  if (text === undefined) return Infinity;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`soak: --${name} must be a whole number above zero`);
  return process.exit(2);
}
