import { sql } from 'kysely';
import { LarderError } from '../../core/errors.ts';
import { checkInstanceId } from '../../core/ids.ts';
import { checkTags } from '../../core/instance-rules.ts';
import type { Tag } from '../../core/own-instance.ts';
import type { EngineDeps } from '../engine-deps.ts';
import { findInstance } from '../find-instance.ts';
import { writeInstance } from '../instance-record.ts';
import type { Caller } from '../use-cases.ts';
import type { Instances, TagFilter } from './instances.ts';

const mostTags = 20;

/** Instances.addTags. */
export async function addTags(deps: EngineDeps, caller: Caller, instanceId: string, added: readonly Tag[]): Promise<void> {
  checkInstanceId(instanceId);
  checkTags(added);
  const keys = new Set(added.map(({ key }) => key));
  await changeTags(deps, caller, instanceId, (tags) => [...tags.filter(({ key }) => !keys.has(key)), ...added]);
}

/** Instances.removeTags. */
export async function removeTags(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  removed: readonly { readonly key: string; readonly value: string | null }[],
): Promise<void> {
  checkInstanceId(instanceId);
  const goes = (tag: Tag): boolean =>
    removed.some(({ key, value }) => key === tag.key && (value === null || value === tag.value));
  await changeTags(deps, caller, instanceId, (tags) => tags.filter((tag) => !goes(tag)));
}

async function changeTags(
  deps: EngineDeps,
  caller: Caller,
  instanceId: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  await deps.catalog.db.transaction().execute(async (trx) => {
    await findInstance(trx, caller.projectId, instanceId);
    await writeInstance(deps, trx, instanceId, (current) => {
      const tags = change(current.tags as readonly Tag[]);
      if (tags.length > mostTags) throw new LarderError('too-many-tags', `An instance has at most ${mostTags} tags.`);
      return { tags: JSON.stringify(tags) };
    });
  });
}

/** Instances.listTags. */
export async function listTags(deps: EngineDeps, caller: Caller, instanceId: string): Promise<readonly Tag[]> {
  checkInstanceId(instanceId);
  return (await findInstance(deps.catalog.db, caller.projectId, instanceId)).tags as readonly Tag[];
}

/** Instances.listProjectTags. */
export async function listProjectTags(deps: EngineDeps, caller: Caller): ReturnType<Instances['listProjectTags']> {
  const rows = await deps.catalog.db.selectFrom('instances').select('tags').where('project_id', '=', caller.projectId).execute();
  const values = new Map<string, Set<string>>();
  for (const { key, value } of rows.flatMap(({ tags }) => tags as readonly Tag[])) {
    values.set(key, (values.get(key) ?? new Set()).add(value));
  }
  return [...values].map(([key, of]) => ({ key, values: [...of].toSorted() })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** Instances.findByTags. */
export async function findByTags(deps: EngineDeps, caller: Caller, filter: TagFilter): ReturnType<Instances['findByTags']> {
  let matching = deps.catalog.db.selectFrom('instances').where('project_id', '=', caller.projectId);
  for (const { key, values } of filter.tags) {
    const wanted = values.length === 0 ? [{ key }] : values.map((value) => ({ key, value }));
    matching = matching.where((e) => e.or(wanted.map((tag) => sql<boolean>`tags @> ${JSON.stringify([tag])}::jsonb`)));
  }
  if (filter.instanceId !== undefined) matching = matching.where('id', '=', filter.instanceId);
  if (filter.instanceName !== undefined) matching = matching.where(sql<boolean>`strpos(name, ${filter.instanceName}) > 0`);
  const { total } = await matching.select((e) => e.fn.countAll<number>().as('total')).executeTakeFirstOrThrow();
  const rows = await matching
    .select(['id', 'name', 'tags'])
    .orderBy('created', 'desc')
    .orderBy('id', 'desc')
    .limit(filter.limit)
    .offset(filter.offset)
    .execute();
  return { rows: rows.map(({ id, name, tags }) => ({ id, name, tags: tags as readonly Tag[] })), total };
}
