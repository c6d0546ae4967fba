import { createHash } from 'node:crypto';
import { documentedErrors, transportErrors } from '../errors.ts';
import type { Description } from './described.ts';
import { html, type Html } from './html.ts';
import { renderOperation } from './render-operation.ts';

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 4px; margin: 0.4rem 0; padding: 0.3rem 0.7rem; }
details[open] > summary { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding-bottom: 0.3rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; font: bold 0.8rem ui-monospace, monospace; }
summary span, i { opacity: 0.75; }
.get { color: light-dark(#0b5cad, #7db8ff); }
.post, .put, .patch { color: light-dark(#8a5300, #ffc266); }
.delete { color: light-dark(#b3261e, #ff9a92); }
h4 { margin: 0.8rem 0 0.2rem; }
ul { margin: 0.2rem 0; padding-left: 1.3rem; }
dt { font-weight: bold; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; }
`;

/** What the page may load and run: nothing but its own style, which is known by its hash. */
export const docsPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The description of the API as a page for people: complete, without scripts and without anything from elsewhere. */
export function renderDocsPage(description: Description): string {
  const { info, tags = [], paths } = description;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} ${info.version}: the HTTP API</title>
        ${{ html: `<style>${style}</style>` }}
      </head>
      <body>
        <h1>${info.title} ${info.version}</h1>
        <p>${info.description}</p>
        <p>For programs: <a href="openapi.json">openapi.json</a>.</p>
        <nav>
          <ul>
            ${tags.map(({ name, description: title }) => html`<li><a href="#${name}">${title}</a></li> `)}
            <li><a href="#errors">Errors</a></li>
          </ul>
        </nav>
        ${tags.map(
          ({ name, description: title }) =>
            html`<h2 id="${name}">${title}</h2>
              ${operations
                .filter(({ operation }) => operation.tags?.includes(name))
                .map(({ method, path, operation }) => renderOperation(method, path, operation))} `,
        )}
        <h2 id="errors">Errors</h2>
        ${renderErrors()}
      </body>
    </html> `;
  return page.html;
}

function renderErrors(): Html {
  const rows = new Map(
    [...Object.values(documentedErrors), ...Object.values(transportErrors)].map((one) => [`${one.status} ${one.code}`, one]),
  );
  return html`<table>
    <tr>
      <th>Status</th>
      <th>Code</th>
      <th>Text</th>
    </tr>
    ${[...rows]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([, { status, code, text }]) =>
          html`<tr>
            <td>${status}</td>
            <td><code>${code}</code></td>
            <td>${text}</td>
          </tr> `,
      )}
  </table>`;
}
