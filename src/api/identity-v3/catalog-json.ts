import { Type, type Static } from 'typebox';

const entry = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  endpoints: Type.Array(
    Type.Object({
      id: Type.String(),
      interface: Type.Literal('public'),
      region: Type.String(),
      region_id: Type.String(),
      url: Type.String(),
    }),
  ),
});

export const catalogSchema = Type.Array(entry);
export type CatalogEntry = Static<typeof entry>;

/**
 * The service catalog as a client at `base` needs it. The address of DDS holds the project id, because two clients use it as it
 * stands; it is left out where there is no project.
 */
export function catalogJson(base: string, region: string, projectId: string | null): CatalogEntry[] {
  const identity = service('identity', 'iam', region, `${base}/v3`);
  return projectId === null ? [identity] : [identity, service('ddsv3', 'dds', region, `${base}/v3/${projectId}`)];
}

function service(type: string, name: string, region: string, url: string): CatalogEntry {
  return { id: type, name, type, endpoints: [{ id: `${type}-public`, interface: 'public', region, region_id: region, url }] };
}
