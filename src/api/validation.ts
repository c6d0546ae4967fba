import type { FastifySchemaCompiler } from 'fastify';
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { LarderError, type ErrorCode } from '../core/errors.ts';

/** Put into a field's schema: the code its violation has. Without it the code is `malformed-request`. */
export const codeKeyword = 'x-error';

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  /** Of a list. */
  readonly items?: SchemaNode;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly 'x-error'?: ErrorCode;
}

interface Violation {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
}

/**
 * Checks requests against their schemas. A violation becomes a LarderError: first whatever is wrong with the form of a body (a
 * field missing or of the wrong type), then the fields in the order of the schema, each with its own code and with its
 * `description` as what would be right. Messages never quote what was sent.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  const node = schema as SchemaNode;
  return (sent: unknown) => {
    const value = httpPart === 'querystring' ? readQuery(sent, node) : sent;
    if (compiled.Check(value)) return { value };
    return { error: errorOf(compiled.Errors(value) as readonly Violation[], node, httpPart) };
  };
};

/** Empty values count as absent; digits become a number where the schema wants one. */
function readQuery(sent: unknown, node: SchemaNode): unknown {
  const query: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(sent ?? {})) {
    if (value === '') continue;
    const numeric = node.properties?.[name]?.type === 'integer' && typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value);
    query[name] = numeric ? Number(value) : value;
  }
  return query;
}

function errorOf(violations: readonly Violation[], node: SchemaNode, httpPart: string | undefined): LarderError {
  const malformed =
    httpPart === 'body' ? violations.find(({ keyword }) => keyword === 'type' || keyword === 'required') : undefined;
  if (malformed !== undefined) return new LarderError('malformed-request', sentence(malformed.instancePath, malformed.message));
  const violation = violations[0];
  if (violation === undefined) return new LarderError('malformed-request', 'The request does not fit its schema.');
  const field = violation.instancePath
    .split('/')
    .slice(1)
    .reduce<SchemaNode | undefined>((at, name) => at?.properties?.[name] ?? at?.items, node);
  const expected = field?.description === undefined ? violation.message : `must be ${field.description}`;
  return new LarderError(field?.[codeKeyword] ?? 'malformed-request', sentence(violation.instancePath, expected));
}

function sentence(path: string, message: string): string {
  const name = path === '' ? 'The request' : path.slice(1).replaceAll('/', '.');
  return `${name} ${message}${message.endsWith('.') ? '' : '.'}`;
}
