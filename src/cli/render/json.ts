import type { CommandIo } from '../command-io.ts';
import type { Renderer } from './renderer.ts';

/** For scripts: one JSON document on stdout, an error as `{code, message}` on stderr, nothing else. */
export function createJsonRenderer({ stdout, stderr }: Pick<CommandIo, 'stdout' | 'stderr'>): Renderer {
  return {
    result: (document) => void stdout.write(`${JSON.stringify(document, null, 2)}\n`),
    note: () => undefined,
    progress: () => undefined,
    progressEnd: () => undefined,
    error: (code, message) => void stderr.write(`${JSON.stringify({ code, message })}\n`),
  };
}
