import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { checkedName } from './object-names.ts';

/** HKDF-SHA-256 with 32 bytes of output. */
export function deriveKey(key: Buffer, salt: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, salt, info, 32));
}

/** Keys that belong to no project. */
export interface RepositoryKeys {
  readonly secrets: Buffer;
  readonly records: Buffer;
  readonly recordNames: Buffer;
}

/** Keys of one project. */
export interface ProjectKeys {
  readonly blockId: KeyObject;
  readonly packs: Buffer;
  readonly layers: Buffer;
  readonly layerId: Buffer;
  readonly manifests: Buffer;
  readonly marks: Buffer;
  readonly cutter: Buffer;
  readonly oplog: Buffer;
}

/** Derives the keys outside projects from the master key and the repository id (32 hex digits). */
export function repositoryKeys(masterKey: Buffer, repositoryId: string): RepositoryKeys {
  const of = (purpose: string): Buffer => deriveKey(masterKey, Buffer.from(repositoryId, 'hex'), `larder/v1/${purpose}`);
  return { secrets: of('secrets'), records: of('records'), recordNames: of('record-names') };
}

/** Derives the keys of a project; `internal` if the id cannot stand in an object key. */
export function projectKeys(masterKey: Buffer, repositoryId: string, projectId: string): ProjectKeys {
  const salt = Buffer.from(repositoryId, 'hex');
  const project = deriveKey(masterKey, salt, `larder/v1/project\0${checkedName('project id', projectId)}`);
  const of = (purpose: string): Buffer => deriveKey(project, salt, `larder/v1/${purpose}`);
  return {
    blockId: createSecretKey(of('block-id')),
    packs: of('packs'),
    layers: of('layers'),
    layerId: of('layer-id'),
    manifests: of('manifests'),
    marks: of('marks'),
    cutter: of('cutter'),
    oplog: of('oplog'),
  };
}

/** The key that seals the blocks and the footer of one pack. */
export function packKey(keys: ProjectKeys, salt: Buffer): Buffer {
  return deriveKey(keys.packs, salt, 'larder/v1/pack');
}
