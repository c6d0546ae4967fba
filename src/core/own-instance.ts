import type { FlavorType } from './flavors.ts';
import type { ParameterValues } from './server-parameters.ts';

/** A part of what was ordered, as it was sent. */
export interface OrderedFlavor {
  readonly type: FlavorType;
  readonly num: number;
  /** null where none was named. */
  readonly storage: string | null;
  readonly sizeGb: number;
  readonly specCode: string;
}

/** A public address that somebody said a node has. */
export interface PublicAddress {
  readonly id: string;
  readonly ip: string;
}

/** A stream of a log service that somebody said a log is to go to. */
export interface LogStream {
  readonly logType: LogType;
  readonly groupId: string;
  readonly streamId: string;
}

export const logTypes = ['error_log', 'slow_log', 'audit_log'] as const;
export type LogType = (typeof logTypes)[number];

/** What a client said of an instance and what has no meaning off the cloud: kept, and reported as it was sent. */
export interface SentSettings {
  readonly region: string;
  readonly availabilityZone: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly securityGroupId: string;
  /** '' where none was sent. */
  readonly diskEncryptionId: string;
  readonly enterpriseProjectId: string;
  readonly storageEngine: string;
  readonly flavor: OrderedFlavor;
  readonly maintenanceWindow: string;
  readonly clientNetworks: readonly string[];
  /** Where logs were to go; absent: nowhere. */
  readonly logStreams?: readonly LogStream[];
  /** By the id of the node. */
  readonly publicAddresses: Readonly<Record<string, PublicAddress>>;
}

/** The servers of an instance that Larder started itself. */
export interface OwnServers {
  /** The data folder of a server of Larder they run under: only that one can start and stop them. */
  readonly place: string;
  /** `6.0` */
  readonly version: string;
  /** The port of each member, the first one being the instance's. */
  readonly ports: readonly number[];
  readonly tls: boolean;
  /** What was set by a parameter template, by name. */
  readonly parameters: ParameterValues;
  /** The template that was applied last; null: none. */
  readonly configurationId: string | null;
}

/** All that is particular to an instance that Larder started itself. */
export interface OwnInstance {
  readonly servers: OwnServers;
  readonly sent: SentSettings;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}
