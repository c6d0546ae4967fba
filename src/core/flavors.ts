import { engineName } from './datastore-version.ts';

/** What kind of node a flavor is for. */
export type FlavorType = 'mongos' | 'shard' | 'config' | 'replica' | 'single';

/** A size of node. Its code is what clients send and compare; Larder itself gives a node no more and no less than its machine has. */
export interface Flavor {
  readonly engineName: string;
  readonly type: FlavorType;
  readonly vcpus: number;
  readonly ramGb: number;
  readonly specCode: string;
}

const sizes = [
  ['medium', 1],
  ['large', 2],
  ['xlarge', 4],
  ['2xlarge', 8],
  ['4xlarge', 16],
] as const;

/** The kind of node as codes name it. */
const codeWords = { mongos: 'mongos', shard: 'shard', replica: 'repset', single: 'single' } as const;

/** The catalogue of flavors in its fixed order; it says nothing of the machine that Larder runs on. */
export const flavors: readonly Flavor[] = Object.freeze([
  ...(['mongos', 'shard', 'replica', 'single'] as const).flatMap((type) =>
    sizes.map(([size, vcpus]) => flavor(type, vcpus, 4 * vcpus, `dds.mongodb.s2.${size}.4.${codeWords[type]}`)),
  ),
  flavor('config', 2, 4, 'dds.mongodb.s2.large.2.config'),
]);

function flavor(type: FlavorType, vcpus: number, ramGb: number, specCode: string): Flavor {
  return { engineName, type, vcpus, ramGb, specCode };
}
