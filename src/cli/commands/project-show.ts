import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

/** `larder project show`. */
export function addProjectShow(project: Command, register: Register): void {
  const command = project.command('show').description('show a project').argument('<project>', 'id or name');
  register(withServerOptions(command), async ({ api, renderer }, _, [idOrName = '']) => {
    const found = pick('project', await (await api()).accounts.listProjects(), idOrName);
    renderer.result(found, describeAccount(found));
  });
}
