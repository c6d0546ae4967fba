import { deserialize } from 'bson';
import { LarderError } from '../../core/errors.ts';
import type { CollectionImage, Manifest } from '../../core/image.ts';
import type { Clock } from '../../lib/clock.ts';
import { PipeClosed, readPipe } from '../../lib/message-pipe.ts';
import type { LayerWriter, ProjectRepository, RepositoryWriter } from '../../repository/port.ts';
import type { ImportSummary, ImportTask, TaskContext } from '../tasks.ts';
import { imageOf, planImport, type ImportPlan } from './imported-images.ts';
import { invalidArchive, openArchive, type OpenedArchive } from './read-archive.ts';
import { unpacked } from './unpacked.ts';

/** Collections whose documents may come in turns: each takes a block of memory. mongodump does four unless told otherwise. */
const mostAtOnce = 32;

/** Said in every such backup. */
const whereFrom =
  'Imported from a mongodump archive: each collection is as it was while it was dumped, not all at the same time, and nothing proves that the archive is what was dumped.';

/**
 * Makes a backup out of the mongodump archive, compressed or not, that comes through the task's pipe, in the thread that runs it.
 * Nothing is listed before all of it came and was found whole. `invalid-archive`, `store-unavailable`, `object-corrupt`; `cancelled`
 * where the pipe was closed before its end.
 */
export async function importArchive(
  task: ImportTask,
  { signal }: TaskContext,
  { repository, clock }: { readonly repository: ProjectRepository; readonly clock: Clock },
): Promise<ImportSummary> {
  const startedAt = clock.now();
  const input = readPipe(task.pipe);
  try {
    const archive = await openArchive(unpacked(input));
    const plan = planImport(archive.prelude.collections);
    const { serverVersion } = archive.prelude.header;
    if (!/^\d+\.\d+/.test(serverVersion)) throw invalidArchive('it does not say of which server it is', 0);
    const writer = await repository.beginWrite({ signal });
    try {
      const stored = await store(archive, plan, writer, signal);
      const notes = [whereFrom, ...plan.notes];
      const manifest = manifestOf(task, { ...stored, plan, notes, serverVersion, startedAt, finishedAt: clock.now(), writer });
      await writer.commit(manifest);
      return {
        collections: stored.collections.length,
        documents: manifest.cost.documentsRead,
        bytes: manifest.cost.bytesRead,
        serverVersion,
        notes,
      };
    } finally {
      await writer.abandon();
    }
  } catch (error) {
    if (signal.aborted || error instanceof PipeClosed) {
      throw new LarderError('cancelled', 'The import was cut short.', { cause: error });
    }
    throw error;
  } finally {
    await input.return();
  }
}

interface Stored {
  readonly collections: readonly CollectionImage[];
  /** As `admin.system.version` says it. */
  readonly compatibility: string | null;
}

async function store(archive: OpenedArchive, plan: ImportPlan, writer: RepositoryWriter, signal: AbortSignal): Promise<Stored> {
  const open = new Map<string, LayerWriter>();
  const collections: CollectionImage[] = [];
  let compatibility: string | null = null;
  for await (const part of archive.parts) {
    signal.throwIfAborted();
    const name = `${part.db}.${part.collection}`;
    const planned = plan.collections.get(name);
    if (part.kind === 'documents' && name === 'admin.system.version') compatibility ??= compatibilityIn(part.batch.buffer);
    if (planned === undefined) continue;
    const layer = open.get(name) ?? writer.beginLayer('scan');
    if (part.kind === 'documents') {
      open.set(name, layer);
      if (open.size > mostAtOnce)
        throw new LarderError(
          'invalid-archive',
          `The archive cannot be read: more than ${mostAtOnce} collections come in turns.`,
        );
      await layer.addDocuments(part.batch);
    } else {
      open.delete(name);
      collections.push(imageOf(planned, await layer.finish()));
    }
  }
  return { collections, compatibility };
}

/** The feature compatibility version among documents that lie one behind the other. */
function compatibilityIn(documents: Buffer): string | null {
  for (let at = 0; at < documents.length; at += documents.readInt32LE(at)) {
    const { _id, version } = deserialize(documents.subarray(at, at + documents.readInt32LE(at)));
    if (_id === 'featureCompatibilityVersion' && typeof version === 'string') return version;
  }
  return null;
}

interface Imported extends Stored {
  readonly plan: ImportPlan;
  readonly notes: readonly string[];
  readonly serverVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly writer: RepositoryWriter;
}

function manifestOf({ projectId, instance, backup }: ImportTask, imported: Imported): Manifest {
  const { collections, writer } = imported;
  return {
    formatVersion: 1,
    backupId: backup.id,
    projectId,
    instanceId: instance.id,
    instanceName: instance.name,
    name: backup.name,
    description: backup.description,
    type: 'Manual',
    startedAt: imported.startedAt.toISOString(),
    finishedAt: imported.finishedAt.toISOString(),
    clusterTime: { t: 0, i: 0 },
    term: -1,
    consistency: 'none',
    baseBackupId: null,
    source: {
      setName: '',
      member: '',
      serverVersion: imported.serverVersion,
      featureCompatibilityVersion: imported.compatibility ?? 'unknown',
    },
    notes: imported.notes,
    collections,
    views: imported.plan.views,
    cost: {
      documentsRead: collections.reduce((sum, { documents }) => sum + documents, 0),
      bytesRead: collections.reduce((sum, { bytes }) => sum + bytes, 0),
      oplogEntriesRead: 0,
      bytesStored: writer.totals.bytesStored,
      blocksStored: writer.totals.blocksStored,
      blocksReused: writer.totals.blocksReused,
    },
  };
}
