import type { EngineDeps } from '../engine-deps.ts';
import type { Caller, InstanceNode, Rows } from '../use-cases.ts';
import { findLogs, notableLines, slowQuery } from './log-lines.ts';

/** More than that are never shown. */
const mostEntries = 2000;

export interface LogQuery {
  readonly from: Date;
  readonly to: Date;
  /** All nodes unless given. */
  readonly nodeId?: string;
  readonly type?: string;
  readonly offset: number;
  readonly limit: number;
}

/** An operation that took longer than the server's threshold. */
export interface SlowOperation {
  readonly nodeName: string;
  /** The command, as JSON. */
  readonly command: string;
  readonly type: string;
  readonly milliseconds: number;
  readonly lockMicroseconds: number;
  readonly rowsSent: number;
  readonly rowsExamined: number;
  readonly database: string;
  readonly start: Date;
}

export interface LogEntry {
  readonly nodeName: string;
  readonly level: 'WARNING' | 'ERROR';
  readonly time: Date;
  readonly content: string;
}

/** Instances.listSlowOperations. */
export function listSlowOperations(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  query: LogQuery,
): Promise<Rows<SlowOperation>> {
  return readLogs(deps, caller, instanceId, query, (line, node) => {
    if (line.id !== slowQuery || line.attr === undefined) return null;
    const { attr } = line;
    const milliseconds = Number(attr['durationMillis'] ?? 0);
    const type = typeOf(attr);
    if (query.type !== undefined && query.type !== type) return null;
    return {
      nodeName: node.name,
      command: JSON.stringify(attr['command'] ?? {}),
      type,
      milliseconds,
      lockMicroseconds: lockTimeOf(attr['locks']),
      rowsSent: Number(attr['nreturned'] ?? 0),
      rowsExamined: Number(attr['docsExamined'] ?? 0),
      database: textOf(attr['ns'], '').split('.')[0] ?? '',
      start: new Date(line.time.getTime() - milliseconds),
    };
  });
}

/** Instances.listLogEntries: warnings and errors. */
export function listLogEntries(deps: EngineDeps, caller: Caller, instanceId: string, query: LogQuery): Promise<Rows<LogEntry>> {
  return readLogs(deps, caller, instanceId, query, (line, node) => {
    const level = line.severity === 'W' ? 'WARNING' : 'EF'.includes(line.severity) ? 'ERROR' : null;
    if (level === null || (query.type !== undefined && query.type !== level)) return null;
    const facts = line.attr === undefined ? '' : ` ${JSON.stringify(line.attr)}`;
    return { nodeName: node.name, level, time: line.time, content: `${line.component} ${line.message}${facts}` };
  });
}

interface Line {
  readonly time: Date;
  readonly severity: string;
  readonly component: string;
  readonly id: number;
  readonly message: string;
  readonly attr: Readonly<Record<string, unknown>> | undefined;
}

/** Newest first, of all nodes together. */
async function readLogs<T>(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  query: LogQuery,
  entryOf: (line: Line, node: InstanceNode) => T | null,
): Promise<Rows<T>> {
  const members = await findLogs(deps, caller, instanceId, query.nodeId === undefined ? [] : [query.nodeId]);
  const found: { readonly time: Date; readonly entry: T }[] = [];
  for (const { node, files } of members) {
    const recent: { readonly time: Date; readonly entry: T }[] = [];
    for await (const text of notableLines(files)) {
      const line = parsed(text);
      if (line === null || line.time < query.from || line.time > query.to) continue;
      const entry = entryOf(line, node);
      if (entry !== null) recent.push({ time: line.time, entry });
      if (recent.length > mostEntries * 2) recent.splice(0, mostEntries);
    }
    found.push(...recent.slice(-mostEntries));
  }
  const newest = found.toSorted((a, b) => b.time.getTime() - a.time.getTime()).slice(0, mostEntries);
  return { rows: newest.slice(query.offset, query.offset + query.limit).map(({ entry }) => entry), total: newest.length };
}

function parsed(text: string): Line | null {
  try {
    const line = JSON.parse(text) as { t: { $date: string }; s: string; c: string; id: number; msg: string; attr?: Line['attr'] };
    return { time: new Date(line.t.$date), severity: line.s, component: line.c, id: line.id, message: line.msg, attr: line.attr };
  } catch {
    return null;
  }
}

const verbs: Readonly<Record<string, string>> = {
  find: 'QUERY',
  insert: 'INSERT',
  update: 'UPDATE',
  delete: 'REMOVE',
  getMore: 'GETMORE',
  killCursors: 'KILLCURSORS',
};

function typeOf(attr: Readonly<Record<string, unknown>>): string {
  const type = textOf(attr['type'], 'command');
  if (type !== 'command') return type.toUpperCase();
  const command = attr['command'];
  const verb = typeof command === 'object' && command !== null ? Object.keys(command)[0] : undefined;
  return verbs[verb ?? ''] ?? 'COMMAND';
}

function lockTimeOf(locks: unknown): number {
  if (typeof locks !== 'object' || locks === null) return 0;
  const waits = Object.values(locks).flatMap((lock: unknown) =>
    Object.values((lock as { timeAcquiringMicros?: Record<string, number> } | null)?.timeAcquiringMicros ?? {}),
  );
  return waits.reduce((sum, wait) => sum + Number(wait), 0);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
