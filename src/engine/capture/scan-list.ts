import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import type { CappedCollections } from './capped-collections.ts';
import type { ChangeCollector } from './change-collector.ts';
import type { StoredLayers } from './stored-layers.ts';

/** A collection that holds documents: no view. */
export type DataEntry = CatalogEntry & { readonly uuid: string };

/** Knows which collections must be scanned: those that neither the base, nor a scan, nor the oplog alone accounts for. */
export class ScanList {
  readonly #collector: ChangeCollector;
  readonly #layers: StoredLayers;
  readonly #capped: CappedCollections;
  readonly #demanded = new Set<string>();
  /** Those whose scan has begun and not ended. */
  readonly #running = new Set<string>();
  readonly #notes = new Set<string>();

  constructor(collector: ChangeCollector, layers: StoredLayers, capped: CappedCollections) {
    this.#collector = collector;
    this.#layers = layers;
    this.#capped = capped;
  }

  /** Why more was scanned than would have had to be, and what could not be made exact; for the notes of the backup. */
  get notes(): readonly string[] {
    return [...this.#notes];
  }

  demand(uuid: string): void {
    this.#demanded.add(uuid);
  }

  begin(uuid: string): void {
    this.#demanded.delete(uuid);
    this.#running.add(uuid);
  }

  end(uuid: string): void {
    this.#running.delete(uuid);
  }

  /** Scans that were under way begin again. */
  repeatRunning(): void {
    for (const uuid of this.#running) this.#demanded.add(uuid);
    this.#running.clear();
  }

  /** Those of the collections that must be scanned. Once named they stay on the list until their scan begins. */
  missing(entries: readonly DataEntry[]): readonly DataEntry[] {
    const { created, mustScan, unclear } = this.#collector.discoveries;
    for (const what of unclear)
      this.#notes.add(`The oplog held something not understood (${what}); what it may concern was scanned.`);
    const isDemanded = ({ db, uuid }: DataEntry): boolean =>
      mustScan.everything || mustScan.databases.has(db) || mustScan.uuids.has(uuid) || this.#demanded.has(uuid);
    const wanted = entries.filter((entry) => {
      const isKnown = this.#layers.has(entry.uuid);
      if (entry.capped) return !isKnown || isDemanded(entry) || this.#cappedIsUnclear(entry);
      return isDemanded(entry) || (!isKnown && (!created.has(entry.uuid) || this.#collector.ignored.has(entry.uuid)));
    });
    this.#collector.acceptScanDemands();
    for (const { uuid } of wanted) this.#demanded.add(uuid);
    return wanted;
  }

  #cappedIsUnclear({ db, name, uuid }: DataEntry): boolean {
    const state = this.#capped.stateOf(uuid);
    if (state === 'give-up') {
      this.#notes.add(
        `The capped collection ${db}.${name} was updated in ways that the oplog does not tell well enough: some of its documents are as they were shortly before the cluster time of the backup, not at it.`,
      );
    }
    return state === 'scan';
  }
}
