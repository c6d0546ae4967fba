import { touchedBy, type LayerRef } from '../core/image.ts';

/** More layers than this make reading an image slow. */
export const mostLayers = 16;

/** A larger share of superseded documents than this wastes too much space and reading. */
export const mostSuperseded = 1 / 3;

/**
 * Whether the layers of a collection (oldest first) should be merged into one: too many of them, or too much that newer
 * layers may supersede, counting every document, removal and update above the oldest layer as superseding one below.
 */
export function needsConsolidation(layers: readonly LayerRef[]): boolean {
  if (layers.length > mostLayers) return true;
  const [oldest, ...newer] = layers;
  if (oldest === undefined || newer.length === 0) return false;
  const superseding = newer.reduce((sum, layer) => sum + touchedBy(layer), 0);
  const all = oldest.documents + superseding;
  return superseding > all * mostSuperseded;
}
