import { Type } from 'typebox';
import { ddsErrors, instanceId, projectParams } from '../fields.ts';

/** Parameters of a path below one instance. */
export const instanceParams = Type.Object({ ...projectParams.properties, instance_id: instanceId });

/** Ids of nodes are opaque; what cannot be one belongs to no instance. */
const nodeId = Type.String({
  pattern: '^[0-9A-Za-z_-]{1,64}$',
  description: 'the id of a node: 1 to 64 letters, digits, hyphens or underscores',
  'x-error': 'node-not-found',
});

/** Parameters of a path below one node. */
export const nodeParams = Type.Object({ ...projectParams.properties, node_id: nodeId });

/** What is begun by a job and accepted with 202. */
export const acceptedJob = { 202: Type.Object({ job_id: Type.String() }), ...ddsErrors } as const;

/** What settles a setting at once and says nothing. */
export const emptyAnswer = { 200: Type.Object({}), ...ddsErrors } as const;

/** A value whose rules are the engine's, because each of its mistakes has a code of its own. */
export const ruled = (description: string) => Type.Optional(Type.Unsafe<unknown>({ description }));
