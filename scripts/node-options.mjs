/**
 * How Larder's Node is started, to be sparing with memory: the embedded catalog's module is compiled without the optimizing compiler
 * (which takes hundreds of megabytes for it and makes it no faster), young objects get little room, and the allocator few arenas.
 */
export const nodeFlags = ['--liftoff-only', '--max-semi-space-size=1'];
export const nodeEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '262144' };
