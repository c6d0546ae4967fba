import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import { parseKeepDays } from '../parse-keep-days.ts';
import type { Register } from '../register.ts';
import { describePolicy } from '../render/describe-policy.ts';

interface PolicySetOptions {
  readonly keepDays: string;
  readonly startTime?: string;
  readonly period?: string;
}

/** `larder policy set`: shows the policy as it is then. */
export function addPolicySet(policy: Command, register: Register): void {
  const command = policy
    .command('set')
    .description('set when automated backups are made and how long they are kept')
    .argument('<instance>', 'id or name')
    .requiredOption('--keep-days <days>', '1 to 732; 0 switches automated backups off')
    .option('--start-time <window>', 'the hour in which they begin, in UTC, like 19:00-20:00')
    .option('--period <days>', 'the days, 1 = Monday to 7 = Sunday, like 1,2,4; all seven if keep-days is 1 to 6');
  register<PolicySetOptions>(withServerOptions(command), async (context, options, [idOrName = '']) => {
    const keepDays = parseKeepDays(options.keepDays);
    const api = await context.api();
    const { id } = await findInstance(api, idOrName);
    await api.setPolicy(id, {
      keep_days: keepDays,
      ...(options.startTime === undefined ? {} : { start_time: options.startTime }),
      ...(options.period === undefined ? {} : { period: options.period }),
    });
    const state = await api.showPolicy(id);
    context.renderer.result(state, describePolicy(state));
  });
}
