import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import type { Register } from '../register.ts';
import { describePolicy } from '../render/describe-policy.ts';

/** `larder policy show`: the policy, the next window and what came of the last ones. */
export function addPolicyShow(policy: Command, register: Register): void {
  const command = policy
    .command('show')
    .description('show the policy of an instance and what came of its last windows')
    .argument('<instance>', 'id or name');
  register(withServerOptions(command), async (context, _, [idOrName = '']) => {
    const api = await context.api();
    const state = await api.showPolicy((await findInstance(api, idOrName)).id);
    context.renderer.result(state, describePolicy(state));
  });
}
