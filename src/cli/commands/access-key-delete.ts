import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';

/** `larder access-key delete`: requests signed with it are refused from then on. */
export function addAccessKeyDelete(accessKey: Command, register: Register): void {
  const command = accessKey.command('delete').description('delete an access key').argument('<access>', 'the access key');
  register(withServerOptions(command), async ({ api, renderer }, _, [access = '']) => {
    await (await api()).deleteAccessKey(access);
    renderer.result({ access, deleted: true }, `${access} is deleted.`);
  });
}
