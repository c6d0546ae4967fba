// Loads, and does nothing with, every module that a server and its threads load when they start, when they back up and when they restore. What Node
// compiles for that it keeps (docs/adr/0006-compiled-code-is-kept.md): without it each thread of a first start would compile for itself.
const modules = [
  'main.ts',
  'worker.ts',
  'follower.ts',
  'repository/codec-thread.ts',
  'engine/capture/capture.ts',
  'engine/restore/restore.ts',
  'repository/prune-repository.ts',
];

for (const module of modules) {
  // The modules of threads refuse to run outside one, once they are compiled.
  await import(new URL(`../src/${module}`, import.meta.url).href).catch(() => undefined);
}
process.exit(0);
