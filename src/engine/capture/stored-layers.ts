import { touchedBy, type CollectionImage, type LayerRef, type Manifest } from '../../core/image.ts';
import type { CatalogEntry } from '../../mongo/collection-catalog.ts';
import { definitionOf } from './definition-of.ts';

/** What is known of a collection before its changes: the layers below them and the documents these hold. */
export interface Ground {
  readonly layers: readonly LayerRef[];
  readonly documents: number;
  readonly exact: boolean;
}

/** Updates in all the layers of a collection are kept below this, bytes: who reads its image holds them in memory. */
const mostUpdateBytes = 32 * 1024 * 1024;

const empty: Ground = { layers: [], documents: 0, exact: true };

/** What is stored of each collection, by UUID: its ground, taken over from a base or scanned, and layers of changes above it. */
export class StoredLayers {
  readonly #grounds = new Map<string, Ground>();
  readonly #changes = new Map<string, LayerRef[]>();

  constructor(base: Manifest | null) {
    for (const image of base?.collections ?? []) {
      // Up to 4.4 a capped collection loses documents that no oplog entry names.
      if (!image.capped)
        this.#grounds.set(image.uuid, { layers: image.layers, documents: image.documents, exact: image.documentsExact });
    }
  }

  has(uuid: string): boolean {
    return this.#grounds.has(uuid);
  }

  ground(uuid: string): Ground | null {
    return this.#grounds.get(uuid) ?? null;
  }

  changes(uuid: string): readonly LayerRef[] {
    return this.#changes.get(uuid) ?? [];
  }

  /** Nothing counts any more: the collection is about to be scanned. */
  forget(uuid: string): void {
    this.#grounds.delete(uuid);
    this.#changes.delete(uuid);
  }

  /** Changes that came while it was scanned stay above it. */
  setGround(uuid: string, ground: Ground): void {
    this.#grounds.set(uuid, ground);
  }

  addChanges(uuid: string, layer: LayerRef): void {
    const layers = this.#changes.get(uuid);
    if (layers === undefined) this.#changes.set(uuid, [layer]);
    else layers.push(layer);
  }

  /** Puts one layer in the place of all there are. */
  replace(uuid: string, layer: LayerRef): void {
    this.#changes.delete(uuid);
    this.#grounds.set(uuid, { layers: [layer], documents: layer.documents, exact: true });
  }

  /** Bytes of updates that may be added to what is stored of the collection. */
  roomForUpdates(uuid: string): number {
    const layers = [...(this.#grounds.get(uuid)?.layers ?? []), ...this.changes(uuid)];
    return layers.reduce((room, { updates }) => room - (updates?.bytes ?? 0), mostUpdateBytes);
  }

  /** What a document of the collection weighs on the average; null where nothing is known of any. */
  usualDocument(uuid: string): number | null {
    const held = this.#grounds.get(uuid)?.layers.find((layer) => layer.documents > 0);
    return held === undefined ? null : held.bytes / held.documents;
  }

  /** The collection as it stands in a manifest; `delta` documents more than the ground holds. */
  imageOf(entry: CatalogEntry & { readonly uuid: string }, delta: number): CollectionImage {
    const ground = this.#grounds.get(entry.uuid) ?? empty;
    const layers = [...ground.layers, ...this.changes(entry.uuid)].filter((layer) => touchedBy(layer) > 0);
    // The layer of a capped collection is the count.
    const documents = Math.max(0, ground.documents + (entry.capped ? 0 : delta));
    const held = layers.reduce((sum, layer) => sum + layer.documents, 0);
    const bytes = layers.reduce((sum, layer) => sum + layer.bytes, 0);
    return {
      ...definitionOf(entry),
      uuid: entry.uuid,
      capped: entry.capped,
      documents,
      documentsExact: ground.exact,
      bytes: held === 0 ? 0 : Math.round((bytes * documents) / held),
      layers,
    };
  }
}
