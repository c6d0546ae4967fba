import type { Taken } from './measured-work.ts';

/** Does the work and says what it took of this process, all its threads together. */
export async function take<Result>(run: () => Promise<Result>): Promise<Taken<Result>> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  const result = await run();
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  return { result, seconds, processorSeconds: (user + system) / 1e6, peakMemory: process.resourceUsage().maxRSS * 1024 };
}
