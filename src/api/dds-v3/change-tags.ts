import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { checkTagKey, checkTags, checkTagValue, isObject } from '../../core/instance-rules.ts';
import type { Operation } from '../context.ts';
import { callerOf } from '../principal.ts';
import { emptyAnswer, instanceParams, ruled } from './instance-call.ts';

const schema = {
  operationId: 'changeTags',
  summary: 'Add tags to an instance, or take them away',
  tags: ['dds'],
  params: instanceParams,
  body: Type.Object({ action: ruled('create or delete'), tags: ruled('{key, value} each; deleting needs no value') }),
  response: emptyAnswer,
} as const;

/** `POST /v3/{project_id}/instances/{instance_id}/tags/action` */
export const changeTags: Operation = (server, { instances }) => {
  const url = '/v3/:project_id/instances/:instance_id/tags/action';
  server.post(url, { schema, config: { access: 'project' } }, async (request) => {
    const { action, tags } = request.body;
    const caller = callerOf(request);
    const { instance_id: instanceId } = request.params;
    if (action === 'create') await instances.addTags(caller, instanceId, checkTags(tags));
    else if (action === 'delete') await instances.removeTags(caller, instanceId, readRemovals(tags));
    else throw new LarderError('malformed-request', 'action must be create or delete.');
    return {};
  });
};

function readRemovals(tags: unknown): { readonly key: string; readonly value: string | null }[] {
  if (!Array.isArray(tags)) throw new LarderError('malformed-request', 'tags must be an array.');
  const removals = tags.map((tag: unknown) => {
    const { key, value } = isObject(tag) ? tag : {};
    return { key: checkTagKey(key), value: value === undefined || value === null ? null : checkTagValue(value) };
  });
  if (new Set(removals.map(({ key }) => key)).size < removals.length) {
    throw new LarderError('invalid-tag-key', 'The keys of tags must differ.');
  }
  return removals;
}
