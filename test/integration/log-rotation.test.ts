import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { instancePorts } from '../fixtures/instance-ports.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { testProvider } from '../fixtures/test-provider.ts';
import { until } from '../fixtures/until.ts';

it('the log of a server that has grown is followed by a new one, and only the one before it is kept', async () => {
  await using folder = await temporaryFolder();
  const clock = systemClock;
  const provider = await testProvider(folder.path, clock, 20, 1);
  const [port = 0] = await instancePorts(1);
  const servers = { id: 'rotated', version: '6.0', ports: [port], setName: null, tls: false, parameters: {} };
  const { signal } = new AbortController();
  await provider.create(servers, [{ name: 'larder', password: 'Pass-Word_1' }], signal);
  try {
    const member = join(folder.path, 'instances', 'rotated', 'member-0');
    const older = async (): Promise<readonly string[]> =>
      (await readdir(member)).filter((name) => name.startsWith('mongod.log.')).toSorted();
    // The server names old logs by the second: it takes two to have two.
    const seen = new Set<string>();
    await until(
      async () => {
        await provider.rotateLogs(servers);
        for (const name of await older()) seen.add(name);
        return seen.size >= 3 ? true : null;
      },
      { what: 'three logs to be followed by another' },
    );
    await until(
      async () => {
        await provider.rotateLogs({ ...servers, ports: [port] });
        return (await older()).length <= 2 ? true : null;
      },
      { what: 'older logs to be removed' },
    );
    const files = await provider.logFiles('rotated', 0);
    expect(files).toHaveLength(2);
    expect(files.at(-1)).toBe(join(member, 'mongod.log'));
    expect(await readFile(files[0]!, 'utf8')).toContain('{"t":');
    expect(await provider.running(servers)).toEqual([true]);
  } finally {
    await provider.remove('rotated');
  }
});
