import type { Command } from 'commander';
import { withLocalOptions } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { parseShare } from '../parse-share.ts';
import type { Register } from '../register.ts';
import { describeCheck } from '../render/describe-repository.ts';
import { toWire } from '../wire.ts';

/** `larder repository check`: exit code 1 where damage was found; the report is on stdout all the same. */
export function addRepositoryCheck(repository: Command, register: Register): void {
  const command = repository
    .command('check')
    .description('look for damage; works beside a running server')
    .option('--read-data [share]', 'read the stored data too: all of it, or a share drawn by lot, like --read-data=5%');
  register<{ readonly readData?: string | true }>(withLocalOptions(command), async ({ io, local, renderer }, options) => {
    const { readData = '0%' } = options;
    const report = await io.repository.check({
      ...local,
      readData: options.readData === undefined ? 0 : readData === true ? 1 : parseShare(readData),
      onProgress: ({ objectsChecked, bytesRead }) =>
        renderer.progress({
          phase: 'check',
          items: 'objects',
          documents_done: objectsChecked,
          documents_total: null,
          bytes_done: bytesRead,
          bytes_total: null,
          bytes_per_second: 0,
          seconds_left: null,
        }),
    });
    renderer.progressEnd();
    renderer.result(toWire(report), describeCheck(report));
    if (!report.sound) throw new CommandError('damage-found', exitCodes.failed, 'The repository is damaged.');
  });
}
