import { fileURLToPath } from 'node:url';

/**
 * How Larder's Node is started, to be sparing with memory: the embedded catalog's module is compiled without the optimizing compiler
 * (which takes hundreds of megabytes for it and makes it no faster), and young objects get little room.
 * The old generation may grow to some size before it is looked through: each megabyte that is read from a server passes through buffers
 * that count as old soon, and a small heap would be walked for every few of them (docs/adr/0005-blocks-in-threads.md).
 */
export const nodeFlags = ['--liftoff-only', '--max-semi-space-size=1', '--initial-old-space-size=48'];

/**
 * The environment it is started in. Few arenas and early returns keep what the allocator holds small.
 * Code that was compiled once is kept beside the packages: else each thread loads the compiler that strips types, about 15 MB of it, and
 * compiles everything again. Node looks at the text of each module before it takes what is kept, and does without where it cannot write.
 */
export const nodeEnvironment = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '262144',
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/larder', import.meta.url)),
};
