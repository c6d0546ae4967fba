import type { Command } from 'commander';
import { readSwitches, type SwitchOptions } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { pick } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describeAccount } from '../render/describe-account.ts';

/** `larder project set`: a disabled project cannot be reached; its running jobs go on. */
export function addProjectSet(project: Command, register: Register): void {
  const command = project
    .command('set')
    .description('change a project')
    .argument('<project>', 'id or name')
    .option('--name <name>', 'another name')
    .option('--description <text>', 'what the project is for')
    .option('--enable', 'open it')
    .option('--disable', 'close it, at once');
  register<SwitchOptions>(withServerOptions(command), async ({ api, renderer }, options, [idOrName = '']) => {
    const { accounts } = await api();
    const { id } = pick('project', await accounts.listProjects(), idOrName);
    const changed = await accounts.updateProject(id, readSwitches(options));
    renderer.result(changed, describeAccount(changed));
  });
}
