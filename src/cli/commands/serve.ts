import type { Command } from 'commander';
import type { Register } from '../register.ts';

/** `larder serve`: the same as `npm start`. */
export function addServe(program: Command, register: Register): void {
  const command = program
    .command('serve')
    .description('start the server; settings come from LARDER_* and larder.yaml')
    .option('--data-dir <folder>', 'the data folder (LARDER_DATA_DIR; default ./data)');
  register(command, ({ io, local }) => io.serve({ env: local.env, folder: local.folder, stdout: io.stdout }));
}
