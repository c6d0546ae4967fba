/** What Larder learns of a MongoDB deployment by asking it. */
export interface DeploymentNode {
  readonly host: string;
  readonly port: number;
  readonly role: 'Primary' | 'Secondary' | 'Hidden' | 'unknown';
  readonly healthy: boolean;
}

export interface Deployment {
  readonly mode: 'Single' | 'ReplicaSet' | 'Sharding';
  readonly serverVersion: string;
  readonly setName: string | null;
  readonly nodes: readonly DeploymentNode[];
  readonly tls: boolean;
  /** The connection string with user name and password removed. */
  readonly address: string;
  /** True if the deployment holds databases other than admin, config and local, with at least one collection or view. */
  readonly holdsUserData: boolean;
}

/**
 * Connects with the string, learns what is there and leaves. `invalid-connection-string`, `instance-unreachable`, or
 * `instance-unsupported` with the reason (a mongos, a version that is too old, missing privileges).
 */
export type ProbeDeployment = (uri: string, signal: AbortSignal) => Promise<Deployment>;
