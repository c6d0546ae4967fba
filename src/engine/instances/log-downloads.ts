import { Readable } from 'node:stream';
import { LarderError } from '../../core/errors.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { linkLife, openLink, sealedLink } from '../export/download-link.ts';
import { sealedContexts } from '../sealed-contexts.ts';
import type { Caller } from '../use-cases.ts';
import { findLogs, isSlow, isTrouble, notableLines } from './log-lines.ts';

/** Which lines of a log: those about slow operations, or warnings and errors. */
export type LogKind = 'slow' | 'error';

/** A log of one server that can be downloaded. */
export interface LogLink {
  readonly nodeName: string;
  readonly fileName: string;
  readonly bytes: number;
  /** Proves the link for 15 minutes. */
  readonly token: string;
  readonly made: Date;
}

export interface LogLinksQuery {
  readonly kind: LogKind;
  /** All where there is none. */
  readonly nodeIds: readonly string[];
  readonly fileNames: readonly string[];
}

const fileOf = (instanceId: string, nodeId: string, kind: LogKind): string => `${instanceId}.${nodeId}.${kind}.log`;
const filePattern = /^([0-9a-z]{1,64})\.([0-9a-z]{1,64})\.(slow|error)\.log$/;

/** Instances.createLogLinks. */
export async function createLogLinks(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  { kind, nodeIds, fileNames }: LogLinksQuery,
): Promise<readonly LogLink[]> {
  const links: LogLink[] = [];
  for (const { node, files } of await findLogs(deps, caller, instanceId, nodeIds)) {
    const fileName = fileOf(instanceId, node.id, kind);
    if (fileNames.length > 0 && !fileNames.includes(fileName)) continue;
    let bytes = 0;
    for await (const line of linesOf(files, kind)) bytes += Buffer.byteLength(line);
    const context = sealedContexts.log(caller.projectId, fileName);
    const { token } = sealedLink(deps, context, linkLife);
    links.push({ nodeName: node.name, fileName, bytes, token, made: deps.clock.now() });
  }
  return links;
}

/** Instances.downloadLog. */
export async function downloadLog(deps: EngineDeps, projectId: string, fileName: string, token: string): Promise<Readable> {
  const [, instanceId, nodeId, kind] = filePattern.exec(fileName) ?? [];
  if (instanceId === undefined || nodeId === undefined) throw new LarderError('route-not-found', '');
  openLink(deps, sealedContexts.log(projectId, fileName), token);
  const [found] = await findLogs(deps, { projectId }, instanceId, [nodeId]);
  return Readable.from(linesOf(found?.files ?? [], kind as LogKind));
}

/** Whole lines, as the server wrote them. */
async function* linesOf(files: readonly string[], kind: LogKind): AsyncGenerator<string> {
  const wanted = kind === 'slow' ? isSlow : isTrouble;
  for await (const line of notableLines(files)) if (wanted(line)) yield `${line}\n`;
}
