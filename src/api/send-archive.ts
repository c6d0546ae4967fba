import type { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { ApiServer } from './context.ts';

/** How long a client may take no byte, or send none, before its connection is closed: it may be busy with what it has. Milliseconds. */
export const idleLimit = 600_000;

/**
 * Returns a function that answers with an archive. A client that goes away ends the archive; an archive that fails ends the connection
 * without an end of the answer, so that nobody takes it for whole. When the server stops, what is on its way is cut.
 */
export function archiveSender(server: ApiServer): (reply: FastifyReply, archive: Readable, fileName: string) => FastifyReply {
  const underWay = new Set<Readable>();
  server.addHook('preClose', async () => {
    for (const archive of underWay) archive.destroy(new Error('the server is shutting down'));
  });
  return (reply, archive, fileName) => {
    underWay.add(archive);
    archive.once('close', () => underWay.delete(archive));
    reply.raw.setTimeout(idleLimit, () => reply.raw.destroy());
    return archiveHead(reply, fileName).send(archive);
  };
}

/** Everything of such an answer but the archive. */
export function archiveHead(reply: FastifyReply, fileName: string): FastifyReply {
  return reply
    .header('Content-Type', fileName.endsWith('.gz') ? 'application/gzip' : 'application/octet-stream')
    .header('Content-Disposition', `attachment; filename="${fileName}"`)
    .header('Accept-Ranges', 'none')
    .header('Cache-Control', 'no-store');
}

const packed = { 'application/gzip': { schema: { type: 'string', format: 'binary' } } } as const;

/** What OpenAPI says of an archive that is packed with gzip. */
export const archiveResponse = { description: 'A mongodump archive, as mongorestore takes it', content: packed } as const;

/** The same of one that is packed or not, as was asked for. */
export const archiveOrPlainResponse = {
  ...archiveResponse,
  content: { ...packed, 'application/octet-stream': packed['application/gzip'] },
} as const;
