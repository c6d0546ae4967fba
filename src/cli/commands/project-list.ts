import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import type { Register } from '../register.ts';
import { describeAccounts } from '../render/describe-account.ts';

/** `larder project list`: all for administrators, else those that the caller may use. */
export function addProjectList(project: Command, register: Register): void {
  const command = project.command('list').description('list the projects');
  register(withServerOptions(command), async ({ api, renderer }) => {
    const projects = await (await api()).accounts.listProjects();
    renderer.result({ projects }, describeAccounts(projects, 'No projects.'));
  });
}
