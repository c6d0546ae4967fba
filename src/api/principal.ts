import type { FastifyRequest } from 'fastify';
import { LarderError } from '../core/errors.ts';
import type { Caller, Named, Token } from '../engine/use-cases.ts';

/** Who sent a request, proved by a token or a signature. */
export interface Principal {
  readonly userId: string;
  readonly userName: string;
  readonly domain: Named;
  /** Of the token, or the path's where a signature proved the caller; null where neither names one. */
  readonly project: Named | null;
  /** null where a signature proved the caller. */
  readonly token: Token | null;
}

/** `open`: anyone; `user`: whoever proves who they are; `project`: also a project of theirs in the path; `refused`: the method is wrong. */
export type Access = 'open' | 'user' | 'project' | 'refused';

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal | null;
    /** Set where the request is refused: the code, and whose request it was as far as that is known although nobody is let in. */
    refused: { readonly code: string; readonly user: Named | null } | null;
  }
  interface FastifyContextConfig {
    /** Without it `project`, the strictest. */
    access?: Access;
    /** For a wrong method: the right ones. */
    allow?: readonly string[];
    /** The body may take as long as it comes at all. */
    longBody?: boolean;
  }
}

/** The authenticated sender. Only for operations with access `user` or `project`. */
export function principalOf(request: FastifyRequest): Principal {
  if (request.principal === null) throw new LarderError('internal', 'An operation ran without authentication.');
  return request.principal;
}

/** The caller of a use case. Only for operations with access `project`. */
export function callerOf(request: FastifyRequest): Caller {
  const { userId, userName, project } = principalOf(request);
  if (project === null) throw new LarderError('internal', 'An operation of a project ran without a project.');
  return { userId, userName, projectId: project.id };
}
