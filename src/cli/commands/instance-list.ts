import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeInstances } from '../render/describe-instance.ts';

/** `larder instance list`. */
export function addInstanceList(instance: Command, register: Register): void {
  const command = instance.command('list').description('list the instances of the project');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const instances = await (await api()).listInstances();
    renderer.result({ instances }, describeInstances(instances));
  });
}
