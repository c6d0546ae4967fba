import { createHash } from 'node:crypto';
import type { DeploymentNode } from '../core/deployment.ts';
import { idFrom } from '../core/ids.ts';
import type { InstanceNode } from './use-cases.ts';

/**
 * The nodes of an instance as clients see them. A node's id follows from the instance and the node's address, so it is the
 * same each time the servers are asked and after the catalog was lost.
 */
export function instanceNodes(instanceId: string, instanceName: string, nodes: readonly DeploymentNode[]): InstanceNode[] {
  return nodes.map((node, index) => ({
    id: idFrom('node', createHash('sha256').update(`${instanceId}\n${node.host}\n${node.port}`).digest('hex').slice(0, 32)),
    name: `${instanceName}_replica_node_${index + 1}`,
    host: node.host,
    port: node.port,
    role: node.role,
    status: node.healthy ? 'normal' : 'abnormal',
  }));
}
