import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeInstance } from '../render/describe-instance.ts';

/** `larder instance show`: asks the servers again before it answers. */
export function addInstanceShow(instance: Command, register: Register): void {
  const command = instance.command('show').description('show an instance and its members').argument('<instance>', 'id or name');
  register(withServerOptions(command), async (context, _, [idOrName = '']) => {
    const api = await context.api();
    const shown = await api.showInstance((await findInstance(api, idOrName)).id);
    context.renderer.result(shown, describeInstance(shown));
  });
}
