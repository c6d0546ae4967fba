import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openPipeWriter, PipeClosed, readPipe } from './message-pipe.ts';

const megabyte = Buffer.alloc(1024 * 1024, 'x');

it('brings everything in order, and no more than there is room for is under way', async () => {
  const { port1, port2 } = new MessageChannel();
  const pipe = openPipeWriter(port1);
  const written: number[] = [];
  const writing = (async () => {
    for (let n = 0; n < 10; n++) {
      await pipe.write(Buffer.concat([Buffer.from([n]), megabyte]));
      written.push(n);
    }
    pipe.end();
  })();
  const seen: number[] = [];
  for await (const chunk of readPipe(port2)) {
    seen.push(chunk[0]!);
    expect(written.length).toBeLessThanOrEqual(seen.length + 3);
  }
  await writing;
  expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

it('tells the writer that nobody reads any more', async () => {
  const { port1, port2 } = new MessageChannel();
  const pipe = openPipeWriter(port1);
  const writing = (async () => {
    for (;;) await pipe.write(megabyte);
  })();
  for await (const chunk of readPipe(port2)) if (chunk.length > 0) break;
  await expect(writing).rejects.toThrow(PipeClosed);
});

it('tells the reader that something is missing', async () => {
  const { port1, port2 } = new MessageChannel();
  const pipe = openPipeWriter(port1);
  await pipe.write(megabyte);
  pipe.close();
  await expect(Array.fromAsync(readPipe(port2))).rejects.toThrow(PipeClosed);
});
