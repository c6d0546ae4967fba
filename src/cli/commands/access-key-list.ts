import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { formatTable } from '../render/format-table.ts';
import { formatTime } from '../render/format-time.ts';

/** `larder access-key list`. */
export function addAccessKeyList(accessKey: Command, register: Register): void {
  const command = accessKey.command('list').description('list your access keys, without their secrets');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const keys = await (await api()).listAccessKeys();
    const columns = [{ title: 'ACCESS KEY' }, { title: 'CREATED' }];
    const table = formatTable(
      columns,
      keys.map((key) => [key.access, formatTime(key.created)]),
    );
    renderer.result({ access_keys: keys }, keys.length === 0 ? 'No access keys.' : table);
  });
}
