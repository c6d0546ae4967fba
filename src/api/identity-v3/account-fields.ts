import { Type } from 'typebox';
import { LarderError } from '../../core/errors.ts';
import { text } from '../fields.ts';
import type { Principal } from '../principal.ts';

/** What clients may say of the domain: it can only be the caller's own. */
export const inDomain = { domain_id: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 64 })) };

/** Fields of users and projects alike; their rules are the use case's. */
export const accountFields = {
  description: Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 4096 })),
  enabled: Type.Optional(Type.Boolean()),
};

export const passwordField = Type.String({ maxLength: 4096 });

/** Filters of lists of users and projects. */
export const accountQuery = Type.Object({
  name: Type.Optional(text),
  enabled: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['true', 'false', 'True', 'False', '1', '0'] })),
  domain_id: Type.Optional(text),
});

/** The given fields only, an empty description for null. */
export function readAccount(body: {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
  readonly enabled?: boolean | undefined;
}): { name?: string; description?: string; enabled?: boolean } {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.description === undefined ? {} : { description: body.description ?? '' }),
    ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
  };
}

/** The filter that a query states. */
export function readFilter(query: { readonly name?: string; readonly enabled?: string }): { name?: string; enabled?: boolean } {
  return {
    ...(query.name === undefined ? {} : { name: query.name }),
    ...(query.enabled === undefined ? {} : { enabled: /^(true|1)$/i.test(query.enabled) }),
  };
}

/** The domain of the caller, or `project-not-found` where another one is asked for. */
export function domainOf(principal: Principal, asked?: string | null): string {
  const own = principal.domain.id;
  if (asked !== undefined && asked !== null && asked !== own) {
    throw new LarderError('project-not-found', 'The domain does not exist.');
  }
  return own;
}
