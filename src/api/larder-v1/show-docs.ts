import { Type } from 'typebox';
import type { Operation } from '../context.ts';
import type { Description } from '../docs-page/described.ts';
import { docsPagePolicy, renderDocsPage } from '../docs-page/render-docs-page.ts';
import { ddsErrors } from '../fields.ts';

const schema = {
  operationId: 'showDocs',
  summary: 'This description of the API, as a page for people',
  tags: ['larder'],
  security: [],
  response: { 200: { description: 'A page', content: { 'text/html': { schema: Type.String() } } }, ...ddsErrors },
};

/** `GET /larder/v1/docs` */
export const showDocs: Operation = (server) => {
  let page: string | undefined;
  server.get('/larder/v1/docs', { schema, config: { access: 'open' } }, async (_request, reply) => {
    // The same for as long as the server runs.
    page ??= renderDocsPage(server.swagger() as unknown as Description);
    return reply
      .header('Content-Type', 'text/html; charset=utf-8')
      .header('Content-Security-Policy', docsPagePolicy)
      .header('X-Content-Type-Options', 'nosniff')
      .header('Referrer-Policy', 'no-referrer')
      .send(page);
  });
};
