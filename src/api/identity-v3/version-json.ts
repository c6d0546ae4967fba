import type { FastifyRequest } from 'fastify';
import { Type, type Static } from 'typebox';
import { baseUrl } from '../base-url.ts';

export const versionSchema = Type.Object({
  id: Type.String(),
  status: Type.String(),
  links: Type.Array(Type.Object({ rel: Type.String(), href: Type.String() })),
  version: Type.String(),
  min_version: Type.String(),
  updated: Type.String(),
});

/** The one version there is, in a form that the discovery of identity clients and of DDS clients both accept. */
export function versionJson(request: FastifyRequest): Static<typeof versionSchema> {
  return {
    id: 'v3',
    status: 'CURRENT',
    links: [{ rel: 'self', href: `${baseUrl(request)}/v3/` }],
    version: '',
    min_version: '',
    updated: '2017-02-07T17:34:02Z',
  };
}
