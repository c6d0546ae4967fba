import type { PublicAddress } from '../../core/own-instance.ts';
import type { ParameterValues } from '../../core/server-parameters.ts';
import type { InstanceAction, InstanceMode } from '../use-cases.ts';

/** What is to change of an instance, as its job is told. */
export type InstanceChange =
  | { readonly what: 'restart' }
  | { readonly what: 'switch-primary' }
  | { readonly what: 'tls'; readonly on: boolean }
  | { readonly what: 'port'; readonly port: number }
  | { readonly what: 'volume'; readonly sizeGb: number }
  | { readonly what: 'spec'; readonly specCode: string }
  | { readonly what: 'security-group'; readonly id: string }
  | { readonly what: 'bind-address'; readonly nodeId: string; readonly address: PublicAddress }
  | { readonly what: 'unbind-address'; readonly nodeId: string }
  | { readonly what: 'parameters'; readonly values: ParameterValues }
  | {
      readonly what: 'configuration';
      readonly configurationId: string;
      readonly values: ParameterValues;
      /** All that get the values; the job is named after the first. */
      readonly instances: readonly { readonly id: string; readonly name: string }[];
    };

/** What the instance shows meanwhile. */
export const actionOf = {
  restart: 'RESTARTING',
  'switch-primary': 'SWITCH_PRIMARY',
  tls: 'SWITCH_SSL',
  port: 'MODIFY_PORT',
  volume: 'RESIZE_VOLUME',
  spec: 'RESIZE_FLAVOR',
  'security-group': 'MODIFY_SECURITYGROUP',
  'bind-address': 'BIND_EIP',
  'unbind-address': 'UNBIND_EIP',
  parameters: 'SET_CONFIGURATION',
  configuration: 'APPLY_CONFIGURATION',
} as const satisfies Record<InstanceChange['what'], InstanceAction>;

/** What the job is called, as the real service does. */
export function jobNameOf({ what }: InstanceChange, mode: InstanceMode): string {
  switch (what) {
    case 'restart':
      return mode === 'Single' ? 'RestartReplicaSingleInstance' : 'RestartReplicaSetInstance';
    case 'switch-primary':
      return 'SwitchPrimary';
    case 'tls':
      return 'SwitchInstanceSSL';
    case 'port':
      return 'ModifyPort';
    case 'volume':
      return 'EnlargeMongoDBVolume';
    case 'spec':
      return 'ResizeMongoDBInstance';
    case 'security-group':
      return 'ModifySecurityGroup';
    case 'bind-address':
      return 'BindPublicIP';
    case 'unbind-address':
      return 'UnbindPublicIP';
    case 'parameters':
      return 'SetConfiguration';
    case 'configuration':
      return 'ApplyConfiguration';
  }
}
