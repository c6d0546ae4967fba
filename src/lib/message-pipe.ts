import type { MessagePort } from 'node:worker_threads';

/** Bytes on their way that the reader has not taken yet. */
const mostUnderWay = 2 * 1024 * 1024;

type ToReader = { readonly chunk: Uint8Array } | { readonly end: true };
type ToWriter = { readonly taken: number };

/** Thrown by a write after the reader has gone. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed';
}

/** The end of a pipe between two threads into which bytes go. */
export interface PipeWriter {
  /** Resolves as soon as there is room for more. The bytes are copied. Throws PipeClosed once nobody reads any more. */
  write(chunk: Uint8Array): Promise<void>;
  /** Says that it was all. Without it the reader knows that something is missing. */
  end(): void;
  close(): void;
}

/** Opens the writing end. */
export function openPipeWriter(port: MessagePort): PipeWriter {
  let underWay = 0;
  let closed = false;
  let wake: (() => void) | null = null;
  port.on('message', ({ taken }: ToWriter) => {
    underWay -= taken;
    wake?.();
  });
  port.on('close', () => {
    closed = true;
    wake?.();
  });
  const room = (): boolean => closed || underWay < mostUnderWay;
  const post = (message: ToReader): void => port.postMessage(message);
  return {
    async write(chunk) {
      while (!room()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
        wake = null;
      }
      if (closed) throw new PipeClosed('Nobody reads any more.');
      underWay += chunk.byteLength;
      post({ chunk });
    },
    end: () => post({ end: true }),
    close: () => port.close(),
  };
}

/**
 * What comes out of the other end, in order. Ends without an error only after the writer said that it was all: else, once the port
 * is closed, it throws PipeClosed. Whoever stops reading early closes it.
 */
export async function* readPipe(port: MessagePort): AsyncGenerator<Buffer, void, undefined> {
  const arrived: Buffer[] = [];
  let state: 'open' | 'ended' | 'closed' = 'open';
  let wake: (() => void) | null = null;
  port.on('message', (message: ToReader) => {
    if ('end' in message) state = 'ended';
    else arrived.push(Buffer.from(message.chunk.buffer, message.chunk.byteOffset, message.chunk.byteLength));
    wake?.();
  });
  port.on('close', () => {
    if (state === 'open') state = 'closed';
    wake?.();
  });
  // As functions: what another callback assigned is not seen by the compiler.
  const isOpen = (): boolean => state === 'open';
  const wasEnded = (): boolean => state === 'ended';
  try {
    for (;;) {
      const chunk = arrived.shift();
      if (chunk !== undefined) {
        yield chunk;
        port.postMessage({ taken: chunk.byteLength } satisfies ToWriter);
      } else if (isOpen()) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
        wake = null;
      } else break;
    }
    if (!wasEnded()) throw new PipeClosed('The other end was closed before everything came.');
  } finally {
    port.close();
  }
}
