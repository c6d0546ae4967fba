import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { formatFields } from '../render/format-table.ts';

/** `larder access-key create`: the only time the secret is shown. */
export function addAccessKeyCreate(accessKey: Command, register: Register): void {
  const command = accessKey.command('create').description('create an access key (AK/SK) for clients that sign their requests');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const { access, secret } = await (await api()).createAccessKey();
    const fields = formatFields([
      ['Access key', access],
      ['Secret key', secret],
    ]);
    renderer.result({ access, secret }, `${fields}\n\nThe secret key is shown only now.`);
  });
}
