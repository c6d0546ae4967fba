import { createHash } from 'node:crypto';
import type { DeploymentNode } from '../core/deployment.ts';
import { idFrom } from '../core/ids.ts';
import type { OwnInstance } from '../core/own-instance.ts';
import type { InstanceNode } from './use-cases.ts';

/**
 * The nodes of an instance as clients see them. A node's id follows from the instance and the node's address, so it is the
 * same each time the servers are asked and after the catalog was lost. Of an instance of Larder's own it is the member that counts, whose
 * port may change.
 */
export function instanceNodes(
  instanceId: string,
  instanceName: string,
  nodes: readonly DeploymentNode[],
  own: OwnInstance | null = null,
): InstanceNode[] {
  const addressOf = (node: DeploymentNode): string => {
    const member = own?.servers.ports.indexOf(node.port) ?? -1;
    return member < 0 ? `${node.host}\n${node.port}` : `member ${member}`;
  };
  return nodes.map((node, index) => ({
    id: idFrom(
      'node',
      createHash('sha256')
        .update(`${instanceId}\n${addressOf(node)}`)
        .digest('hex')
        .slice(0, 32),
    ),
    name: `${instanceName}_replica_node_${index + 1}`,
    host: node.host,
    port: node.port,
    role: node.role,
    status: node.healthy ? 'normal' : 'abnormal',
  }));
}
