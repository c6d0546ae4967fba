import { readPages } from './read-pages.ts';
import type { Session } from './session.ts';

export interface WireParameter {
  readonly name: string;
  readonly value: string;
  readonly value_range: string;
  readonly restart_required: boolean;
}

/** A parameter template, in the words of the API a configuration. */
export interface WireTemplate {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** `replica` or `single`. */
  readonly node_type: string;
  readonly datastore_version: string;
  /** False for those with the defaults, which cannot be changed. */
  readonly user_defined: boolean;
}

export interface WireTemplateDetails extends WireTemplate {
  readonly parameters: readonly WireParameter[];
}

export interface WireDifference {
  readonly parameter_name: string;
  readonly source_value: string;
  readonly target_value: string;
}

export interface WireParameterChange {
  readonly parameter_name: string;
  readonly old_value: string;
  readonly new_value: string;
  readonly updated_at: string;
}

export interface WireTemplateUse {
  readonly instance_id: string;
  readonly instance_name: string;
  readonly applied_at: string;
  readonly apply_result: string;
  readonly failure_reason: string;
}

export interface TemplateDraft {
  readonly name: string;
  readonly description: string;
  readonly parameter_values: Readonly<Record<string, string>>;
  /** What servers it is for; or the instance whose parameters it gets. */
  readonly datastore?: { readonly node_type: string; readonly version: string };
  readonly entity_id?: string;
}

/** The DDS calls about parameter templates. All throw CommandError as HttpClient says. */
export interface TemplatesApi {
  /** All of them, those with the defaults first. */
  list(): Promise<readonly WireTemplate[]>;
  show(id: string): Promise<WireTemplateDetails>;
  create(draft: TemplateDraft): Promise<{ readonly id: string }>;
  copy(id: string, copy: Pick<TemplateDraft, 'name' | 'description'>): Promise<{ readonly id: string }>;
  update(id: string, change: Partial<Omit<TemplateDraft, 'datastore' | 'entity_id'>>): Promise<void>;
  reset(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  apply(id: string, instanceIds: readonly string[]): Promise<{ readonly job_id: string }>;
  compare(sourceId: string, targetId: string): Promise<readonly WireDifference[]>;
  /** Newest first, all of them. */
  changes(id: string): Promise<readonly WireParameterChange[]>;
  uses(id: string): Promise<readonly WireTemplateUse[]>;
}

export function templatesApi(session: Session): TemplatesApi {
  const all = `/v3/${session.projectId}/configurations`;
  const one = (id: string): string => `${all}/${encodeURIComponent(id)}`;
  const send = async <T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> =>
    (await session.send({ method, path, ...(body === undefined ? {} : { body }) })).json as T;
  const pages = <Row, Member extends string>(path: string, member: Member): Promise<readonly Row[]> =>
    readPages(async (query) => (await send<Record<Member, readonly Row[]>>('GET', `${path}?${query}`))[member]);
  return {
    list: () => pages<WireTemplate, 'configurations'>(all, 'configurations'),
    show: (id) => send('GET', one(id)),
    create: async (draft) => (await send<{ configuration: { id: string } }>('POST', all, draft)).configuration,
    copy: async (id, copy) => ({
      id: (await send<{ configuration_id: string }>('POST', `${one(id)}/copy`, copy)).configuration_id,
    }),
    async update(id, change) {
      await send('PUT', one(id), change);
    },
    async reset(id) {
      await send('POST', `${one(id)}/reset`, {});
    },
    async remove(id) {
      await send('DELETE', one(id));
    },
    apply: (id, instanceIds) => send('PUT', `${one(id)}/apply`, { entity_ids: instanceIds }),
    async compare(sourceId, targetId) {
      const pair = { source_configuration_id: sourceId, target_configuration_id: targetId };
      return (await send<{ differences: readonly WireDifference[] }>('POST', `${all}/comparison`, pair)).differences;
    },
    changes: (id) => pages<WireParameterChange, 'histories'>(`${one(id)}/histories`, 'histories'),
    uses: (id) => pages<WireTemplateUse, 'histories'>(`${one(id)}/applied-histories`, 'histories'),
  };
}
