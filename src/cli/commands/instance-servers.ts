import type { Command } from 'commander';
import { readPassword } from '../account-input.ts';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import { finishInstanceJob } from '../finish-job.ts';
import type { LarderApi } from '../larder-api.ts';
import type { Register } from '../register.ts';
import { describeInstance } from '../render/describe-instance.ts';
import { describeRecycled } from '../render/describe-recycled.ts';
import { usageError } from '../usage-error.ts';

interface Waiting {
  readonly wait?: true;
}

interface JobCommand {
  readonly name: string;
  readonly description: string;
  /** What comes after the instance. */
  readonly argument?: { readonly name: string; readonly description: string };
  /** Throws CommandError `usage` for a word that means nothing, before anybody is asked. */
  readonly check?: (word: string) => void;
  /** Begins it; `word` is the argument. */
  readonly begin: (api: LarderApi, id: string, word: string) => Promise<{ readonly job_id: string }>;
  /** What the job is, of the instance of that name. */
  readonly what: (name: string, word: string) => string;
}

/** Adds a command about one instance that begins a job. */
function addJob(instance: Command, register: Register, { name, description, argument, check, begin, what }: JobCommand): void {
  const command = instance.command(name).description(description).argument('<instance>', 'id or name');
  if (argument !== undefined) command.argument(`<${argument.name}>`, argument.description);
  command.option('--wait', 'end when it is done');
  register<Waiting>(withServerOptions(command), async (context, { wait }, [idOrName = '', word = '']) => {
    check?.(word);
    const api = await context.api();
    const found = await findInstance(api, idOrName);
    const { job_id } = await begin(api, found.id, word);
    await finishInstanceJob(
      context,
      api,
      { job_id },
      { what: what(found.name, word), instanceId: found.id, wait: wait === true },
    );
  });
}

/** `larder instance restart`: the primary last. */
export function addInstanceRestart(instance: Command, register: Register): void {
  addJob(instance, register, {
    name: 'restart',
    description: 'restart the servers of an instance, one after the other',
    begin: (api, id) => api.ownInstances.restart(id),
    what: (name) => `Restart of ${name}`,
  });
}

/** `larder instance switchover`. */
export function addInstanceSwitchover(instance: Command, register: Register): void {
  addJob(instance, register, {
    name: 'switchover',
    description: 'let another member become primary',
    begin: (api, id) => api.ownInstances.switchOver(id),
    what: (name) => `Switchover of ${name}`,
  });
}

/** `larder instance tls`: all servers are restarted. */
export function addInstanceTls(instance: Command, register: Register): void {
  addJob(instance, register, {
    name: 'tls',
    description: 'let the servers of an instance speak TLS only, or none; they are restarted',
    argument: { name: 'on|off', description: 'on or off' },
    check(word) {
      if (word !== 'on' && word !== 'off') throw usageError('Say on or off.');
    },
    begin: (api, id, word) => api.ownInstances.setTls(id, word === 'on'),
    what: (name, word) => `TLS ${word} of ${name}`,
  });
}

/** `larder instance port`: the first member moves. */
export function addInstancePort(instance: Command, register: Register): void {
  addJob(instance, register, {
    name: 'port',
    description: 'move the first server of an instance to another port',
    argument: { name: 'port', description: '2100 to 9500, 27017 to 27019' },
    begin: (api, id, word) => api.ownInstances.setPort(id, word),
    what: (name) => `Move of ${name}`,
  });
}

/** `larder instance rename`, of adopted instances too. */
export function addInstanceRename(instance: Command, register: Register): void {
  const command = instance
    .command('rename')
    .description('give an instance another name; its backups keep the old one')
    .argument('<instance>', 'id or name')
    .argument('<name>', '4 to 64 letters, digits, - and _, beginning with a letter');
  register(withServerOptions(command), async ({ api: connect, renderer }, _options, [idOrName = '', name = '']) => {
    const api = await connect();
    const { id } = await findInstance(api, idOrName);
    await api.ownInstances.rename(id, name);
    const renamed = await api.showInstance(id);
    renderer.result(renamed, describeInstance(renamed));
  });
}

/** `larder instance reset-password`: never an argument. */
export function addInstanceResetPassword(instance: Command, register: Register): void {
  const command = instance
    .command('reset-password')
    .description('give a user of the database the password on the first line of standard input')
    .argument('<instance>', 'id or name')
    .option('--user <name>', 'rwuser unless given');
  register<{ readonly user?: string }>(
    withServerOptions(command),
    async ({ api: connect, io, renderer }, options, [idOrName = '']) => {
      const { user = 'rwuser' } = options;
      const password = await readPassword(io);
      const api = await connect();
      const { id, name } = await findInstance(api, idOrName);
      await api.ownInstances.resetPassword(id, user, password);
      renderer.result({ instance_id: id, user }, `${user} of ${name} has the new password.`);
    },
  );
}

/** `larder instance recycled`: what `instance create --from` can bring back. */
export function addInstanceRecycled(instance: Command, register: Register): void {
  const command = instance.command('recycled').description('list deleted instances and the backups that bring them back');
  register(withServerOptions(command), async ({ api: connect, renderer }) => {
    const instances = await (await connect()).ownInstances.recycled();
    renderer.result({ instances }, describeRecycled(instances));
  });
}
