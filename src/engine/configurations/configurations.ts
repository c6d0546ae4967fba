import type { ConfigurationNodeType } from '../../core/configuration-rules.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import type { Caller, Page, Rows } from '../use-cases.ts';

/** A parameter template: what a server is to be set to, by name; what it does not name has its default. */
export interface Configuration {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `6.0` */
  readonly version: string;
  readonly nodeType: ConfigurationNodeType;
  readonly values: ParameterValues;
  readonly created: Date;
  readonly updated: Date;
  /** False for those with the defaults, which every project has and nobody changes. */
  readonly userDefined: boolean;
}

/** The parameters of an instance. */
export interface InstanceParameters {
  readonly version: string;
  readonly nodeType: ConfigurationNodeType;
  /** Of all parameters that could be found out. */
  readonly values: ParameterValues;
  readonly created: Date;
  readonly updated: Date;
}

export interface ParameterDifference {
  readonly parameter: string;
  readonly source: string;
  readonly target: string;
}

export interface ParameterChangeEntry {
  readonly parameter: string;
  readonly before: string;
  readonly after: string;
  readonly changed: Date;
  /** Since when it is in force; null: not before a restart. */
  readonly applied: Date | null;
}

export interface ConfigurationUse {
  readonly instanceId: string;
  readonly instanceName: string;
  readonly applied: Date;
  /** null: it worked. */
  readonly failure: string | null;
}

export interface NewConfiguration {
  readonly name: unknown;
  readonly description: unknown;
  readonly nodeType: unknown;
  readonly version: unknown;
  readonly values: unknown;
  /** Absent, null and '': none. Else the instance whose parameters, node type and version it gets; `values` are added. */
  readonly entityId?: unknown;
}

/**
 * Parameter templates of a project, and the parameters of its instances. As for UseCases: every call may throw LarderError with the codes
 * named at it, and then has changed nothing; what is acknowledged is in the repository too, but for the histories.
 * Everything that takes an id may throw `configuration-not-found`, also for a template of another project.
 */
export interface Configurations {
  /** Those with the defaults first, then the project's own by name. */
  list(caller: Caller, page: Pick<Page, 'offset' | 'limit'>): Promise<Rows<Configuration>>;
  show(caller: Caller, id: string): Promise<Configuration>;
  /** invalid-configuration-name, -description, invalid-node-type, invalid-engine-version, invalid-parameter, configuration-name-taken, operation-illegal (there are 100). */
  create(caller: Caller, sent: NewConfiguration): Promise<Configuration>;
  /** The same values under another name; codes as `create`. */
  copy(caller: Caller, id: string, sent: Pick<NewConfiguration, 'name' | 'description'>): Promise<Configuration>;
  /**
   * Changes what is given; values are added to those that are there. Instances to which it was applied stay as they are. Codes as `create`,
   * and operation-illegal for one with the defaults.
   */
  update(caller: Caller, id: string, sent: Partial<Pick<NewConfiguration, 'name' | 'description' | 'values'>>): Promise<void>;
  /** Back to the defaults. operation-illegal for one that always has them. */
  reset(caller: Caller, id: string): Promise<void>;
  /** configuration-in-use while it is being applied; operation-illegal for one with the defaults. */
  remove(caller: Caller, id: string): Promise<void>;
  /** What differs between two. malformed-request where they are for different servers. */
  compare(caller: Caller, sourceId: string, targetId: string): Promise<readonly ParameterDifference[]>;
  nameIsTaken(caller: Caller, name: string): Promise<boolean>;
  /** Instances that the template can be applied to, by name. */
  applicableInstances(
    caller: Caller,
    id: string,
    page: Pick<Page, 'offset' | 'limit'>,
  ): Promise<Rows<{ readonly id: string; readonly name: string }>>;
  /** Newest first. */
  changesOf(caller: Caller, id: string, page: Pick<Page, 'offset' | 'limit'>): Promise<Rows<ParameterChangeEntry>>;
  usesOf(caller: Caller, id: string, page: Pick<Page, 'offset' | 'limit'>): Promise<Rows<ConfigurationUse>>;
  /**
   * Gives instances the values of a template, all of them in one job. malformed-request (none, or one twice), invalid-instance-id,
   * instance-not-found, configuration-not-found (also where it is for other servers), operation-illegal, instance-busy, instance-not-ready.
   */
  apply(caller: Caller, id: string, instanceIds: readonly string[]): Promise<{ readonly jobId: string }>;
  /** invalid-instance-id, instance-not-found, node-not-found, unsupported-operation (a cluster), instance-unreachable. */
  parametersOf(caller: Caller, instanceId: string, entityId: string): Promise<InstanceParameters>;
  /**
   * Changes the named parameters of an instance. Those of servers that Larder started are kept over restarts; others hold until the server
   * ends. Codes as `parametersOf`, and invalid-parameter, operation-illegal, instance-busy, instance-not-ready.
   */
  setParameters(
    caller: Caller,
    instanceId: string,
    sent: { readonly entityId: string; readonly values: unknown },
  ): Promise<{ readonly jobId: string; readonly restartRequired: boolean }>;
  /** Newest first. invalid-instance-id, instance-not-found, node-not-found. */
  changesOfInstance(
    caller: Caller,
    instanceId: string,
    entityId: string,
    page: Pick<Page, 'offset' | 'limit'>,
  ): Promise<Rows<ParameterChangeEntry>>;
}
