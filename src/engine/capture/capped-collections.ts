import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import type { ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import { touchedBy } from '../../core/image.ts';
import { cappedLimit } from '../capped-limit.ts';
import type { ChangeCollector } from './change-collector.ts';
import { mergeCapped } from './merge-capped.ts';
import type { Source } from './source.ts';
import type { StoredLayers } from './stored-layers.ts';

/** How often a capped collection is scanned again because its entries were unclear. */
const mostScans = 8;
/** Documents and removals above the scan of a capped collection that are merged with it before there are more: what merging takes in memory. */
const mostChanges = 1_000_000;

type CappedEntry = Pick<CatalogEntry, 'db' | 'name' | 'options'> & { readonly uuid: string };

export interface CappedCollectionsOptions {
  readonly repository: ProjectRepository;
  readonly writer: RepositoryWriter;
  readonly collector: ChangeCollector;
  readonly layers: StoredLayers;
  /** The collection as the catalog has it, if it is there. */
  readonly find: (uuid: string) => CappedEntry | undefined;
}

/** The member whose capped collections these are. */
export interface CappedMember {
  /** True if it removes what does not fit into a capped collection without an entry in the oplog. */
  readonly evictsSilently: boolean;
  readonly signal: AbortSignal;
}

/** Stores what the oplog says of capped collections, whose changes cannot be read again (pitfalls S6). */
export class CappedCollections {
  readonly #options: CappedCollectionsOptions;
  readonly #scans = new Map<string, number>();

  constructor(options: CappedCollectionsOptions) {
    this.#options = options;
  }

  /** A scan of the collection begins: what was collected of it before does not matter. */
  countScan(uuid: string): void {
    this.#scans.set(uuid, (this.#scans.get(uuid) ?? 0) + 1);
  }

  /** `scan`: it must be scanned again, because the oplog does not tell its changes well enough; `give-up`: it was, too often. */
  stateOf(uuid: string): 'clear' | 'scan' | 'give-up' {
    if (this.#options.collector.capped.get(uuid)?.unclear !== true) return 'clear';
    return (this.#scans.get(uuid) ?? 0) < mostScans ? 'scan' : 'give-up';
  }

  /** Stores what came and went and forgets it. */
  async store(member: CappedMember): Promise<void> {
    const { collector, writer, layers } = this.#options;
    for (const [uuid, { removals, documents }] of collector.takeCappedPortions()) {
      const layer = writer.beginLayer('changes');
      await layer.addRemovals(removals);
      await layer.addDocuments(documents);
      layers.addChanges(uuid, await layer.finish());
      const touched = layers.changes(uuid).reduce((sum, each) => sum + touchedBy(each), 0);
      if (touched > mostChanges) await this.merge(uuid, member);
    }
  }

  /** Makes one layer, in order, of a collection that was scanned and written to. */
  async merge(uuid: string, { evictsSilently, signal }: CappedMember): Promise<void> {
    const { collector, repository, writer, layers, find } = this.#options;
    const ground = layers.ground(uuid);
    const changes = collector.capped.get(uuid);
    const above = layers.changes(uuid);
    if (ground === null || changes === undefined || (above.length === 0 && !changes.hasPatches)) return;
    const entry = find(uuid);
    const limit = entry !== undefined && evictsSilently ? cappedLimit(entry.options) : null;
    const all = [...ground.layers, ...above];
    const merged = await mergeCapped({ repository, writer, layers: all, changes, limit, signal });
    changes.forgetPatches();
    layers.replace(uuid, merged);
  }
}

/** From 5.0 on what falls off the front of a capped collection is an entry of the oplog like any other removal. */
export function logsEvictions({ serverVersion, featureCompatibilityVersion }: Source): boolean {
  return Number.parseInt(serverVersion, 10) >= 5 && !featureCompatibilityVersion.startsWith('4.');
}
