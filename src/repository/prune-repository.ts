import { isLarderError, LarderError } from '../core/errors.ts';
import type { Clock } from '../lib/clock.ts';
import { collectPruneFacts } from './collect-prune-facts.ts';
import { writeMark } from './mark-object.ts';
import type { OpenedRepository } from './open-repository.ts';
import type { ProjectContext } from './project-context.ts';
import { planPrune, totalSize, type PrunePlan } from './prune-plan.ts';
import { longestWrite } from './repository-writer.ts';

const hour = 60 * 60 * 1000;

/** How long something unreferenced stays before it is removed, unless more is asked for: a job's 24 hours, twice. In milliseconds. */
export const defaultGrace = 48 * hour;

/** Clocks of different machines may disagree by this, in milliseconds; a shorter grace time is not safe. */
const clockAllowance = hour;
export const shortestGrace = longestWrite + clockAllowance;

/** A prune that takes longer than this stops: what it knows of the manifests is too old. In milliseconds. */
const longestPrune = 12 * hour;

export interface PruneOptions {
  /** Milliseconds; `defaultGrace` if not given. */
  readonly grace?: number;
  /** Allow a grace time below `shortestGrace`, which is safe only while nothing is being written to the repository. */
  readonly unsafeGrace?: boolean;
  /** Only these projects; all of them if not given. */
  readonly projects?: readonly string[];
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Plan only. */
  readonly dryRun?: boolean;
}

/** What was done, or with `dryRun` would be done, in one project. */
export interface ProjectPruning {
  readonly projectId: string;
  readonly plan: PrunePlan;
  readonly freedBytes: number;
  /** Bytes that are unreferenced and freed once the grace time is over. */
  readonly waitingBytes: number;
  /** Why nothing was done: a manifest or layer list that cannot be read, so that nobody knows what it needs. Else null. */
  readonly blocked: string | null;
}

export interface PruneReport {
  readonly dryRun: boolean;
  readonly projects: readonly ProjectPruning[];
}

const nothing: PrunePlan = { remove: [], mark: [], waiting: [], unmark: [] };

/** Carries a plan out. The object goes before its mark: an object without a mark might be used again by a new writer. */
async function executePrune(context: ProjectContext, plan: PrunePlan, begun: number, options: PruneOptions): Promise<void> {
  const { names, store, clock } = context;
  const storeOptions = options.signal === undefined ? {} : { signal: options.signal };
  for (const { kind, name } of plan.unmark) await store.delete(names.mark(kind, name), storeOptions);
  for (const { kind, name } of plan.mark) await writeMark(context, kind, name, clock.now().getTime(), storeOptions);
  for (const { kind, name } of plan.remove) {
    if (clock.now().getTime() - begun > longestPrune)
      throw new LarderError('internal', 'pruning took longer than 12 hours and stopped', { retryable: true });
    await store.delete(kind === 'packs' ? names.pack(name) : names.layer(name), storeOptions);
    await store.delete(names.mark(kind, name), storeOptions);
  }
}

async function pruneProject(context: ProjectContext, options: PruneOptions): Promise<ProjectPruning> {
  const { projectId } = context;
  const begun = context.clock.now().getTime();
  let plan: PrunePlan;
  try {
    const facts = await collectPruneFacts(context, options.signal === undefined ? {} : { signal: options.signal });
    plan = planPrune(facts, begun, options.grace ?? defaultGrace);
  } catch (error) {
    if (!isLarderError(error, 'object-corrupt')) throw error;
    return { projectId, plan: nothing, freedBytes: 0, waitingBytes: 0, blocked: error.message };
  }
  if (options.dryRun !== true) await executePrune(context, plan, begun, options);
  return {
    projectId,
    plan,
    freedBytes: totalSize(plan.remove),
    waitingBytes: totalSize(plan.mark) + totalSize(plan.waiting),
    blocked: null,
  };
}

/**
 * Frees what no backup needs, in two phases: marks what is unreferenced, and removes what was marked for the grace time and still
 * is. Safe while backups are taken. `invalid-setting` for a grace time that is not safe. Repeating it is harmless.
 */
export async function pruneRepository(repository: OpenedRepository, options: PruneOptions = {}): Promise<PruneReport> {
  const grace = options.grace ?? defaultGrace;
  if (!(grace >= 0) || (grace < shortestGrace && options.unsafeGrace !== true)) {
    throw new LarderError(
      'invalid-setting',
      'the grace time must be at least 25 hours: a running backup may use what nothing refers to yet',
      {
        details: { setting: 'grace' },
      },
    );
  }
  const projectIds =
    options.projects ??
    (await Array.fromAsync(repository.listProjects(options.signal === undefined ? {} : { signal: options.signal })));
  const projects: ProjectPruning[] = [];
  for (const projectId of projectIds) {
    const context = repository.context(projectId);
    projects.push(await pruneProject({ ...context, clock: options.clock ?? context.clock }, options));
  }
  return { dryRun: options.dryRun === true, projects };
}
