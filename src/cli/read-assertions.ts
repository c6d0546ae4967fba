import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { usageError } from './usage-error.ts';

/** The list in the file as the API takes it; what is in it is checked there. */
export async function readAssertions(path: string): Promise<readonly unknown[]> {
  try {
    const list = parse(await readFile(path, 'utf8')) as unknown;
    if (Array.isArray(list)) return list;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`The assertions cannot be read: ${reason}`, { cause: error });
  }
  throw usageError(`${path} must hold a list of assertions.`);
}
