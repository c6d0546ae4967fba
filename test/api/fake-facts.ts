/** What the use cases in memory know before anybody asks them. */
import { noPolicy } from '../../src/core/policy.ts';
import type { Backup, BackupDetails, Instance, InstanceProof, Named } from '../../src/engine/use-cases.ts';

export const projectId = '0549b4a43100d4f32f51c01c2fe4acdb';
export const otherProjectId = 'ffffb4a43100d4f32f51c01c2fe4acdb';
export const instanceId = '8436a91546294036b75931e879882200in02';
export const password = 'Correct-Horse-1';
export const accessKey = { access: 'AK0001', secret: 'SK0001secret' };

export const domain: Named = { id: 'd0000000000000000000000000000001', name: 'Default' };
export const user = { id: 'a0000000000000000000000000000001', name: 'admin', domain };
export const projects = [
  { id: projectId, name: 'eu-de_default', domainId: domain.id, description: '' },
  { id: 'eeeeb4a43100d4f32f51c01c2fe4acdb', name: 'eu-de_second', domainId: domain.id, description: '' },
];

export const fakeProgress = {
  phase: 'scan',
  share: 0.666,
  documentsDone: 10,
  documentsTotal: 100,
  bytesDone: 666,
  bytesTotal: 1000,
  bytesPerSecond: 12.5,
  secondsLeft: null,
  lagSeconds: 2,
  oplogWindowSeconds: 7200,
};

export const fakeDetails: Omit<BackupDetails, keyof Backup> = {
  clusterTime: { t: 1_795_000_000, i: 7 },
  consistency: 'snapshot',
  baseBackupId: null,
  documentsRead: 10,
  oplogEntriesRead: 2,
  bytesRead: 1025,
  bytesStored: 300,
  blocksStored: 1,
  blocksReused: 0,
  notes: [],
  collections: [{ db: 'shop', name: 'orders', uuid: 'ab'.repeat(16), documents: 10, documentsExact: true, bytes: 1025 }],
  failReason: null,
};

export const noProof: InstanceProof = {
  state: 'none',
  lastVerdict: null,
  lastAt: null,
  provedAt: null,
  backupId: null,
  allowedDays: null,
};

export function fakeInstance(now: Date): Instance {
  return {
    id: instanceId,
    name: 'shop-set',
    mode: 'ReplicaSet',
    status: 'normal',
    actions: [],
    datastoreVersion: '6.0',
    serverVersion: '6.0.5',
    setName: 'shop',
    port: 27017,
    tls: false,
    nodes: [{ id: `${'0'.repeat(32)}no02`, name: 'a', host: '127.0.0.1', port: 27017, role: 'Primary', status: 'normal' }],
    lock: false,
    rateMbPerS: null,
    own: null,
    tags: [],
    address: 'mongodb://127.0.0.1:27017/?replicaSet=shop',
    backupPolicy: noPolicy,
    proof: noProof,
    created: now,
    updated: now,
  };
}
