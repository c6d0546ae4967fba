/**
 * How Larder's Node is started, to be sparing with memory: the embedded catalog's module is compiled without the optimizing compiler
 * (which takes hundreds of megabytes for it and makes it no faster), young objects get little room, and the allocator few arenas.
 * The old generation may grow to some size before it is looked through: each megabyte that is read from a server passes through buffers
 * that count as old soon, and a small heap would be walked for every few of them (docs/adr/0005-blocks-in-threads.md).
 */
export const nodeFlags = ['--liftoff-only', '--max-semi-space-size=1', '--initial-old-space-size=48'];
export const nodeEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144' };
