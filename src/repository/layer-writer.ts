import { LarderError } from '../core/errors.ts';
import type { LayerKind, LayerRef } from '../core/image.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import type { BlockCutter, CutBlock } from './block-cutter.ts';
import type { BlockCounters, BlockSink } from './block-sink.ts';
import { BlockTable } from './block-table.ts';
import { documentsKind, inlineLimit, removalsKind, updatesKind } from './format.ts';
import { inlineLayer } from './inline-layer.ts';
import type { LayerList, PackRef } from './layer-list.ts';
import type { PackSink } from './pack-sink.ts';
import type { LayerWriter } from './port.ts';
import type { ProjectContext } from './project-context.ts';
import { writeLayerList } from './write-layer-list.ts';

/** What a layer needs of the writer it belongs to. */
export interface LayerWriterParts {
  readonly context: ProjectContext;
  readonly sink: BlockSink;
  readonly packs: PackSink;
  readonly counters: BlockCounters;
  readonly signal: AbortSignal;
  /** Told of the packs of every stored layer, so that a commit need not read its list again. */
  readonly onFinished: (id: string, packs: readonly PackRef[]) => void;
}

/** Makes the writer of one layer. Calls must not overlap; the layers of one writer may. */
export function createLayerWriter(kind: LayerKind, parts: LayerWriterParts, cutter: BlockCutter): LayerWriter {
  const counts = { documents: 0, removals: 0, bytes: 0 };
  const updates = { count: 0, bytes: 0 };
  const table = new BlockTable();
  /** Blocks that have no place in a pack yet, and those whose pack is not durable yet. */
  const unplaced = new Set<Promise<void>>();
  const unstored = new Set<Promise<void>>();
  /** Small blocks that are held back: if nothing more comes they are stored within the layer list. Null once they were not. */
  let held: CutBlock[] | null = [];
  let heldBytes = 0;
  let failure: unknown = null;
  let finished = false;

  /** Neither kind of promise rejects: what fails is kept in `failure`. */
  const track = (set: Set<Promise<void>>, promise: Promise<void>): void => {
    set.add(promise);
    void promise.then(() => set.delete(promise));
  };

  const submit = async (block: CutBlock): Promise<void> => {
    const number = table.reserve();
    const { stored, placed } = await parts.sink.submit(block);
    track(unplaced, placed);
    track(
      unstored,
      stored.then(
        ({ facts, location }) => table.set(number, facts, location),
        (error: unknown) => {
          failure ??= error;
        },
      ),
    );
  };

  const accept = async (block: CutBlock): Promise<void> => {
    if (block.kind === documentsKind) counts.bytes += block.content.length;
    else if (block.kind === updatesKind) updates.bytes += block.content.length;
    if (held !== null && heldBytes + block.content.length < inlineLimit) {
      heldBytes += block.content.length;
      held.push({ ...block, content: Buffer.from(block.content), release: () => undefined });
      block.release();
      return;
    }
    for (const earlier of held ?? []) await submit(earlier);
    held = null;
    await submit(block);
  };

  const proceed = (): void => {
    if (failure !== null) throw failure;
    if (finished) throw new LarderError('internal', 'the layer is finished already');
    if (parts.signal.aborted) throw new LarderError('cancelled', 'the operation was cancelled', { cause: parts.signal.reason });
  };

  const add = async (blockKind: number, batch: RawBatch): Promise<void> => {
    proceed();
    for (let next = 0; next < batch.count;) {
      const cut = cutter.append(blockKind, batch, next);
      next = cut.next;
      if (cut.block === null) continue;
      await accept(cut.block);
      proceed();
    }
    if (blockKind === documentsKind) counts.documents += batch.count;
    else if (blockKind === removalsKind) counts.removals += batch.count;
    else updates.count += batch.count;
  };

  const writeList = async (): Promise<string> => {
    if (held !== null) {
      const { list, pack } = await inlineLayer(parts, kind, counts, held);
      const { id, bytesStored } = await writeLayerList(parts.context, list, pack, { signal: parts.signal });
      parts.counters.bytesStored += bytesStored;
      parts.onFinished(id, list.packs);
      return id;
    }
    // Once every block has its place a flush takes the last of them along.
    await Promise.all(unplaced);
    await parts.packs.flush();
    await Promise.all(unstored);
    if (failure !== null) throw failure;
    const list: LayerList = { kind, ...counts, ...table.contents() };
    const { id, bytesStored } = await writeLayerList(parts.context, list, null, { signal: parts.signal });
    parts.counters.bytesStored += bytesStored;
    parts.onFinished(id, list.packs);
    return id;
  };

  return {
    addDocuments: (batch) => add(documentsKind, batch),
    addRemovals: (batch) => add(removalsKind, batch),
    addUpdates: (batch) => add(updatesKind, batch),
    async finish(): Promise<LayerRef> {
      proceed();
      const last = cutter.take();
      if (last !== null) await accept(last);
      finished = true;
      const id = await writeList();
      return { id, kind, ...counts, ...(updates.count === 0 ? {} : { updates }) };
    },
  };
}
