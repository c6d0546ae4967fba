import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

/** What the generated OpenAPI description says beside the operations. */
export function openapiDocument(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Larder',
        description:
          'DDS v3 backup service for MongoDB: the documented DDS calls, the identity calls their clients make, and calls of Larder itself.',
        version,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      tags: [
        { name: 'dds', description: 'DDS v3' },
        { name: 'identity', description: 'Identity v3' },
        { name: 'larder', description: 'Larder itself' },
      ],
      components: {
        securitySchemes: {
          token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token', description: 'From POST /v3/auth/tokens' },
          signature: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'SDK-HMAC-SHA256 signature made with an access key',
          },
        },
      },
      security: [{ token: [] }, { signature: [] }],
    },
  };
}
