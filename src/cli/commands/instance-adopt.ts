import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { CommandIo } from '../command-io.ts';
import { readLine } from '../confirm.ts';
import type { Register } from '../register.ts';
import { describeInstance } from '../render/describe-instance.ts';
import { usageError } from '../usage-error.ts';

/** `larder instance adopt`: an existing MongoDB becomes an instance. The connection string is never shown again. */
export function addInstanceAdopt(instance: Command, register: Register): void {
  const command = instance
    .command('adopt')
    .description('let Larder back up an existing MongoDB')
    .requiredOption('--name <name>', '4 to 64 letters, digits, - and _, beginning with a letter')
    .option('--uri <string>', 'connection string; - reads it from standard input (LARDER_INSTANCE_URI)')
    .option('--lock', 'a single server: its backups keep everybody from writing, so that they are consistent');
  register<{ readonly name: string; readonly uri?: string; readonly lock?: true }>(
    withServerOptions(command),
    async (context, options) => {
      const uri = await connectionString(context.io, options.uri);
      const api = await context.api();
      const { id } = await api.adoptInstance({ name: options.name, uri, ...(options.lock === true ? { lock: true } : {}) });
      const adopted = await api.showInstance(id);
      context.renderer.result(adopted, `Adopted.\n\n${describeInstance(adopted)}`);
    },
  );
}

async function connectionString(io: CommandIo, option: string | undefined): Promise<string> {
  const given = option === '-' ? (await readLine(io.stdin)).trim() : (option ?? io.env['LARDER_INSTANCE_URI'] ?? '');
  if (given !== '') return given;
  throw usageError('A connection string is needed: --uri mongodb://..., --uri - or LARDER_INSTANCE_URI.');
}
