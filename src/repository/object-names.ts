import { LarderError } from '../core/errors.ts';

const safeName = /^[A-Za-z0-9_-]{1,128}$/;
const hexName = /^[0-9a-f]{64}$/;

/** Returns `name` if it can stand in an object key; else throws `internal`. */
export function checkedName(what: string, name: string): string {
  if (!safeName.test(name)) throw new LarderError('internal', `the ${what} cannot stand in an object key`, { details: { what } });
  return name;
}

export const projectsPrefix = 'projects/';

export type MarkedKind = 'packs' | 'layers';

/** The keys of one project's objects; throws `internal` for an id that cannot stand in a key. */
export interface ProjectNames {
  readonly packs: string;
  readonly layers: string;
  readonly manifests: string;
  readonly marks: string;
  pack(hex: string): string;
  layer(id: string): string;
  manifest(backupId: string): string;
  mark(kind: MarkedKind, name: string): string;
  /** All archives of the project. */
  readonly oplogs: string;
  oplog(instanceId: string, shard: string): OplogNames;
}

/** The keys of the archived oplog of one shard of an instance. */
export interface OplogNames {
  readonly timelines: string;
  readonly segments: string;
  timeline(number: number): string;
}

/** Names of the objects of a project. */
export function projectNames(projectId: string): ProjectNames {
  const root = `${projectsPrefix}${checkedName('project id', projectId)}/`;
  const names: ProjectNames = {
    packs: `${root}packs/`,
    layers: `${root}layers/`,
    manifests: `${root}manifests/`,
    marks: `${root}marks/`,
    pack: (hex) => `${names.packs}${hex.slice(0, 2)}/${hex}`,
    layer: (id) => `${names.layers}${checkedName('layer id', id)}`,
    manifest: (backupId) => `${names.manifests}${checkedName('backup id', backupId)}`,
    mark: (kind, name) => `${names.marks}${kind}/${name}`,
    oplogs: `${root}oplog/`,
    oplog: (instanceId, shard) => {
      const archive = `${names.oplogs}${checkedName('instance id', instanceId)}/${checkedName('shard', shard)}/`;
      return {
        timelines: `${archive}timelines/`,
        segments: `${archive}segments/`,
        timeline: (number) => `${archive}timelines/${number.toString(16).padStart(8, '0')}`,
      };
    },
  };
  return names;
}

/** The project id in an object's key, or null for an object of no project. */
export function projectOfKey(key: string): string | null {
  const id = /^projects\/([^/]+)\//.exec(key)?.[1];
  return id !== undefined && safeName.test(id) ? id : null;
}

/** The last segment of `key` below `prefix` if it is 64 hex digits, else null: other objects are ignored. */
export function hexNameOf(key: string): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return hexName.test(name) ? name : null;
}

/** The last segment of `key` if it is a legal id, else null. */
export function idNameOf(key: string): string | null {
  const name = key.slice(key.lastIndexOf('/') + 1);
  return safeName.test(name) ? name : null;
}
