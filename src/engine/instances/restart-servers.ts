import type { InstanceProvider, InstanceServers } from '../../provider/instance-provider.ts';
import { stepDown } from './step-down.ts';

/**
 * Starts every server anew, as it is to be started now. Of a replica set one after the other, the primary last and after it stepped down,
 * so that there is one all the time but for an election.
 */
export async function restartServers(
  provider: InstanceProvider,
  servers: InstanceServers,
  uri: string,
  signal: AbortSignal,
): Promise<void> {
  const again = async (index: number): Promise<void> => {
    await provider.stopMember(servers, index);
    await provider.startMember(servers, index, signal);
    await provider.settled(servers, signal);
  };
  if (servers.setName === null) return again(0);
  const primary = await provider.primary(servers);
  for (const index of servers.ports.keys()) if (index !== primary) await again(index);
  if (primary === null) return;
  await stepDown(uri, signal);
  await again(primary);
}
