import type { DescribedSchema } from './described.ts';
import { html, type Html } from './html.ts';

/** What a value must be, in words and, for objects, as a list of their fields. */
export function renderSchema(schema: DescribedSchema | undefined): Html {
  if (schema === undefined) return html`any value`;
  const fields = Object.entries(objectOf(schema)?.properties ?? {});
  const required = new Set(objectOf(schema)?.required);
  return html`${wordsOf(schema)}${
    fields.length === 0
      ? ''
      : html`<ul>
          ${fields.map(
            ([name, field]) =>
              html`<li>
                <code>${name}</code>${required.has(name) ? '' : html` <i>may be absent</i>`}: ${renderSchema(field)}
              </li> `,
          )}
        </ul>`
  }`;
}

/** The object whose fields are worth showing: the schema itself, what a list holds, or the one alternative that is one. */
function objectOf(schema: DescribedSchema): DescribedSchema | undefined {
  if (schema.properties !== undefined) return schema;
  if (schema.items !== undefined) return objectOf(schema.items);
  return schema.anyOf?.map(objectOf).find((one) => one !== undefined);
}

function wordsOf(schema: DescribedSchema): string {
  const words = [kindOf(schema)];
  // What can be counted needs no other words.
  if (schema.enum !== undefined) return words.join('');
  if (schema.description !== undefined) words.push(schema.description);
  else if (schema.pattern !== undefined) words.push(`matches ${schema.pattern}`);
  if (schema.minimum !== undefined) words.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) words.push(`at most ${schema.maximum}`);
  return words.join(', ');
}

function kindOf(schema: DescribedSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' or ');
  if (schema.anyOf !== undefined) return schema.anyOf.map(kindOf).join(' or ');
  if (schema.items !== undefined) return `list of ${kindOf(schema.items)}`;
  return [schema.type ?? 'any value'].flat().join(' or ');
}
