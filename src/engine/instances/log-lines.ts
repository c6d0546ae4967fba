import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import type { Caller, InstanceNode } from '../use-cases.ts';
import { requireNode } from './begin-change.ts';
import { isElsewhere, requireOwn } from './own-servers.ts';

/** The number that the server gives to its line about a slow operation. */
export const slowQuery = 51_803;

/** The logs of one server, oldest first. */
export interface MemberLogs {
  readonly node: InstanceNode;
  readonly files: readonly string[];
}

/**
 * The logs of an instance's servers, of all where none is named. invalid-instance-id, instance-not-found, operation-illegal (they are not
 * here), node-not-found.
 */
export async function findLogs(
  deps: EngineDeps,
  { projectId }: Pick<Caller, 'projectId'>,
  instanceId: string,
  nodeIds: readonly string[],
): Promise<readonly MemberLogs[]> {
  checkInstanceId(instanceId);
  const row = await findInstance(deps.catalog.db, projectId, instanceId);
  const { servers } = requireOwn(row);
  if (isElsewhere(deps, row)) throw new LarderError('operation-illegal', 'The logs lie with another server of Larder.');
  const nodes = nodeIds.length === 0 ? (row.nodes as readonly InstanceNode[]) : nodeIds.map((id) => requireNode(row, id));
  const found: MemberLogs[] = [];
  for (const node of nodes) {
    const member = servers.ports.indexOf(node.port);
    if (member >= 0) found.push({ node, files: await deps.provider.logFiles(row.id, member) });
  }
  return found;
}

/** The lines of structured logs that tell of slow operations, warnings and errors, oldest first. Files that are gone have none. */
export async function* notableLines(files: readonly string[]): AsyncGenerator<string> {
  for (const path of files) {
    const stream = createReadStream(path, { encoding: 'utf8' });
    try {
      for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
        // Most lines are of no interest, and parsing them all would take long.
        if (isTrouble(text) || isSlow(text)) yield text;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      stream.destroy();
    }
  }
}

export const isTrouble = (line: string): boolean => /"s":"[WEF]"/.test(line);
export const isSlow = (line: string): boolean => line.includes(`"id":${slowQuery},`);
