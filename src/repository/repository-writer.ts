import { LarderError } from '../core/errors.ts';
import type { Manifest } from '../core/image.ts';
import { BlockCutter, blockMemory } from './block-cutter.ts';
import { BlockSink, type BlockCounters } from './block-sink.ts';
import { corruptObject } from './corrupt-object.ts';
import { keyedHashOf } from './document-identity.ts';
import { formatVersion } from './format.ts';
import type { PackRef } from './layer-list.ts';
import { createLayerWriter } from './layer-writer.ts';
import { loadBlockIndex } from './load-block-index.ts';
import { readManifest, sealManifest } from './manifest-object.ts';
import { PackSink } from './pack-sink.ts';
import type { RepositoryWriter } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { ThreadedCodec } from './threaded-codec.ts';
import { verifyReferences } from './verify-references.ts';

/** A writer that is older than this does not commit, in milliseconds. The grace time of prune must be longer. */
export const longestWrite = 24 * 60 * 60 * 1000;

/** Begins to write: see `ProjectRepository.beginWrite`. */
export async function beginWrite(context: ProjectContext, signal: AbortSignal | undefined): Promise<RepositoryWriter> {
  const begun = context.clock.now().getTime();
  const own = new AbortController();
  const combined = signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]);
  const options = { signal: combined };
  const index = await loadBlockIndex(context, options);
  const counters: BlockCounters = { rawBytes: 0, bytesStored: 0, blocksStored: 0, blocksReused: 0 };
  const codec = new ThreadedCodec(context.keys.blockId);
  const packs = new PackSink(context, combined, (pack, blocks) => {
    counters.bytesStored += pack.size;
    index.addPack(pack, blocks);
    for (const block of blocks) sink.forget(block);
  });
  const sink = new BlockSink(context, codec, index, packs, counters, combined);
  const hash = keyedHashOf(context.keys.cutter);
  const pool = blockMemory();
  const finished = new Map<string, readonly PackRef[]>();
  let state: 'open' | 'committed' | 'abandoned' = 'open';

  const proceed = (): void => {
    if (state !== 'open') throw new LarderError('internal', `the writer is ${state} already`);
    if (combined.aborted) throw new LarderError('cancelled', 'the operation was cancelled', { cause: combined.reason });
    if (context.clock.now().getTime() - begun > longestWrite) {
      throw new LarderError(
        'capture-failed',
        'the backup took longer than 24 hours, after which what it builds on may be gone: take it again',
      );
    }
  };

  /** The commit point. What was put is read back, so that a store that loses or alters it is found now. */
  const putManifest = async (manifest: Manifest): Promise<void> => {
    const object = context.names.manifest(manifest.backupId);
    if ((await context.store.stat(object, options)) !== null) {
      const stored = await readManifest(context, manifest.backupId, options);
      if (JSON.stringify(stored) === JSON.stringify(manifest)) return;
      throw new LarderError('internal', 'a backup of this id exists already and cannot be replaced', { details: { object } });
    }
    const bytes = await sealManifest(context, manifest);
    proceed();
    await context.store.put(object, bytes, options);
    if ((await context.store.get(object, options)).equals(bytes)) return;
    await context.store.delete(object);
    throw corruptObject(object, 'the store gives back something else than was put');
  };

  return {
    totals: counters,
    beginLayer(kind) {
      proceed();
      return createLayerWriter(
        kind,
        { context, sink, packs, counters, signal: combined, onFinished: (id, layerPacks) => finished.set(id, layerPacks) },
        new BlockCutter(hash, pool),
      );
    },
    async commit(manifest) {
      proceed();
      if (manifest.projectId !== context.projectId || manifest.formatVersion !== formatVersion) {
        throw new LarderError('internal', 'the manifest belongs to another project or format');
      }
      await packs.flush();
      await verifyReferences(context, manifest, finished, begun, options);
      await putManifest(manifest);
      state = 'committed';
      await codec.close();
    },
    async abandon() {
      if (state !== 'open') return;
      state = 'abandoned';
      own.abort();
      await packs.flush().catch(() => undefined); // it is over either way
      await codec.close();
    },
  };
}
