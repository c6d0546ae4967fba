// `npm run bench [-- scenario …]`: measures on this machine, prints JSON lines and a table, and fails if a promise is missed.
import { archiveCost } from './archive-cost.ts';
import { clientLatency } from './client-latency.ts';
import { apiCost } from './api-cost.ts';
import { captureCost } from './capture-cost.ts';
import { reportFigures, type Figure } from './report.ts';
import { replayCost } from './replay-cost.ts';
import { restoreCost } from './restore-cost.ts';
import { serverDuringBackup } from './server-during-backup.ts';

const scenarios: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'server-during-backup': () => serverDuringBackup(),
  'client-latency': clientLatency,
  api: apiCost({ backups: 10_000, requests: 1000 }),
  'capture-1m': captureCost({ documents: 1_000_000, promisedSpeedUp: 20, rounds: 3 }),
  'capture-5m': captureCost({ documents: 5_000_000, promisedSpeedUp: 60, rounds: 1 }),
  'restore-1m': restoreCost(1_000_000),
  replay: replayCost({ documents: 100_000, changes: 300_000, oneByOne: 10_000 }),
  archive: archiveCost(60),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no scenario ${unknown.join(', ')}; there are ${Object.keys(scenarios).join(', ')}\n`);
  process.exit(2);
}
let missed = 0;
for (const name of asked.length > 0 ? asked : Object.keys(scenarios)) missed += reportFigures(name, await scenarios[name]!());
process.exitCode = missed === 0 ? 0 : 1;
