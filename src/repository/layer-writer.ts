import { LarderError } from '../core/errors.ts';
import type { LayerKind, LayerRef } from '../core/image.ts';
import type { RawBatch } from '../lib/raw-bson.ts';
import type { BlockCutter, CutBlock } from './block-cutter.ts';
import type { BlockCounters, BlockSink, SubmittedBlock } from './block-sink.ts';
import { documentsKind, inlineLimit, removalsKind } from './format.ts';
import { inlineLayer } from './inline-layer.ts';
import type { LayerBlock, LayerList, PackRef } from './layer-list.ts';
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
  /** Told of every stored layer, so that a commit need not read it again. */
  readonly onFinished: (id: string, list: LayerList) => void;
}

/** The packs of located blocks as a table, and the blocks with their index in it. */
function tabulate(located: readonly { readonly facts: SubmittedBlock['facts']; readonly location: Awaited<SubmittedBlock['location']> }[]): {
  packs: PackRef[];
  blocks: LayerBlock[];
} {
  const packs: PackRef[] = [];
  const numbers = new Map<string, number>();
  const blocks = located.map(({ facts, location }) => {
    const { pack, ordinal, offset, storedLength } = location;
    let number = numbers.get(pack.name);
    if (number === undefined) {
      number = packs.push(pack) - 1;
      numbers.set(pack.name, number);
    }
    return { ...facts, ordinal, offset, storedLength, pack: number };
  });
  return { packs, blocks };
}

/** Makes the writer of one layer. Calls must not overlap; the layers of one writer may. */
export function createLayerWriter(kind: LayerKind, parts: LayerWriterParts, cutter: BlockCutter): LayerWriter {
  const counts = { documents: 0, removals: 0, bytes: 0 };
  const submitted: SubmittedBlock[] = [];
  /** Small blocks that are held back: if nothing more comes they are stored within the layer list. Null once they were not. */
  let held: CutBlock[] | null = [];
  let heldBytes = 0;
  let failure: unknown = null;
  let finished = false;

  const submit = async (block: CutBlock): Promise<void> => {
    const under = await parts.sink.submit(block);
    under.location.catch((error: unknown) => {
      failure ??= error;
    });
    submitted.push(under);
  };

  const accept = async (block: CutBlock): Promise<void> => {
    if (block.kind === documentsKind) counts.bytes += block.content.length;
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
    for (let next = 0; next < batch.count; ) {
      const cut = cutter.append(blockKind, batch, next);
      next = cut.next;
      if (cut.block === null) continue;
      await accept(cut.block);
      proceed();
    }
    if (blockKind === documentsKind) counts.documents += batch.count;
    else counts.removals += batch.count;
  };

  const writeList = async (): Promise<string> => {
    if (held !== null) {
      const { list, pack } = await inlineLayer(parts, kind, counts, held);
      const { id, bytesStored } = await writeLayerList(parts.context, list, pack, { signal: parts.signal });
      parts.counters.bytesStored += bytesStored;
      parts.onFinished(id, list);
      return id;
    }
    // Once every block has its place a flush takes the last of them along.
    await Promise.all(submitted.map((block) => block.placed));
    await parts.packs.flush();
    const located = await Promise.all(submitted.map(async ({ facts, location }) => ({ facts, location: await location })));
    const list: LayerList = { kind, ...counts, ...tabulate(located) };
    const { id, bytesStored } = await writeLayerList(parts.context, list, null, { signal: parts.signal });
    parts.counters.bytesStored += bytesStored;
    parts.onFinished(id, list);
    return id;
  };

  return {
    addDocuments: (batch) => add(documentsKind, batch),
    addRemovals: (batch) => add(removalsKind, batch),
    async finish(): Promise<LayerRef> {
      proceed();
      const last = cutter.take();
      if (last !== null) await accept(last);
      finished = true;
      const id = await writeList();
      return { id, kind, ...counts };
    },
  };
}
