// `node bench/serve-backups.ts`: takes a backup for each line of JSON that it reads, in threads as a server does, and prints what it took (see backup-server.ts).
import { createInterface } from 'node:readline';
import { runTasksInThreads } from '../src/engine/run-tasks-in-threads.ts';
import { captureTask, openFolder } from './file-repository.ts';
import type { MeasuredWork } from './measured-work.ts';
import { take } from './take.ts';

const runTask = runTasksInThreads({ workerUrl: new URL('../src/worker.ts', import.meta.url) });
const context = { signal: new AbortController().signal, report: () => undefined };

for await (const line of createInterface({ input: process.stdin })) {
  const of = JSON.parse(line) as MeasuredWork['backup']['of'];
  const { url, repository } = await openFolder(of.folder);
  await repository.close();
  const taken = await take(() => runTask<'capture'>(captureTask(url, of), context));
  process.stdout.write(`${JSON.stringify(taken)}\n`);
}
