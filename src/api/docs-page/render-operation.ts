import { neededAction } from '../actions.ts';
import type { DescribedOperation } from './described.ts';
import { html, type Html } from './html.ts';
import { renderSchema } from './render-schema.ts';

/** An operation, folded: its method, address and summary; what it needs, takes and answers once it is opened. */
export function renderOperation(method: string, path: string, operation: DescribedOperation): Html {
  const { operationId, summary, parameters = [], requestBody, responses, security } = operation;
  const body = requestBody?.content?.['application/json']?.schema;
  return html`<details id="${operationId}">
    <summary><b class="${method}">${method.toUpperCase()}</b> <code>${path}</code> <span>${summary}</span></summary>
    <p>${needs(method, path, security?.length === 0)}</p>
    ${
      parameters.length === 0
        ? ''
        : html`<h4>Parameters</h4>
            <ul>
              ${parameters.map(
                ({ name, in: place, required, description, schema }) =>
                  html`<li>
                    <code>${name}</code> in the ${place}${required === true ? '' : html` <i>may be absent</i>`}:
                    ${renderSchema(description === undefined ? schema : { ...schema, description })}
                  </li> `,
              )}
            </ul>`
    }
    ${
      body === undefined
        ? ''
        : html`<h4>Body</h4>
            ${renderSchema(body)}`
    }
    <h4>Answers</h4>
    <dl>
      ${Object.entries(responses)
        .filter(([status]) => /^\d+$/.test(status))
        .map(([status, { content }]) => {
          const [type, described] = Object.entries(content ?? {})[0] ?? [];
          return html`<dt>${status}</dt>
            <dd>${type === undefined ? 'nothing' : type === 'application/json' ? renderSchema(described?.schema) : type}</dd> `;
        })}
      <dt>4XX, 5XX</dt>
      <dd><a href="#errors">an error</a></dd>
    </dl>
  </details> `;
}

function needs(method: string, path: string, open: boolean): Html {
  if (open) return html`Needs no authentication.`;
  const action = neededAction(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'));
  if (action === undefined) return html`Needs a role that permits everything.`;
  if (action === null) return html`Needs a token or a signature.`;
  if (typeof action === 'string') return html`Needs the permission <code>${action}</code>.`;
  return 'create' in action
    ? html`Needs the permission <code>${action.create}</code>, with restore_point this one or <code>${action.fromBackup}</code>.`
    : html`Needs the permission <code>${action.own}</code>, except about oneself.`;
}
