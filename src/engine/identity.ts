/** Who may use Larder: logins, tokens, access keys, and what they permit. */

/** Name and id of something of the identity service. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Token {
  /** Sent once, never stored as it is. */
  readonly token?: string;
  readonly user: Named & { readonly domain: Named };
  readonly project: (Named & { readonly domain: Named }) | null;
  readonly domain: Named | null;
  readonly roles: readonly Named[];
  readonly methods: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export type NameOrId = { readonly id: string } | { readonly name: string };

export interface PasswordLogin {
  readonly user: { readonly id: string } | { readonly name: string; readonly domain?: NameOrId };
  readonly password: string;
}

export type Scope =
  | {
      readonly kind: 'project';
      readonly project: { readonly id: string } | { readonly name: string; readonly domain?: NameOrId };
    }
  | { readonly kind: 'domain'; readonly domain: NameOrId }
  | { readonly kind: 'none' };

/** A project in which somebody has a role. */
export interface UsableProject extends Named {
  readonly domainId: string;
  readonly description: string;
}

export interface Identity {
  /** wrong-credentials (the same for an unknown user and a wrong password), project-not-found. */
  loginWithPassword(login: PasswordLogin, scope: Scope): Promise<Token & { readonly token: string }>;
  /** A new token for the same user, never living longer than the first. unauthenticated, project-not-found. */
  loginWithToken(token: string, scope: Scope): Promise<Token & { readonly token: string }>;
  /** unauthenticated: unknown, expired or revoked. */
  checkToken(token: string): Promise<Token>;
  revokeToken(token: string): Promise<void>;
  /** The owner of an access key and the key's secret, for checking a signature; null if there is no such key. */
  findAccessKey(
    access: string,
  ): Promise<{ readonly secret: string; readonly userId: string; readonly userName: string; readonly domain: Named } | null>;
  /** True the first time for this signature of the access key, false ever after until `expires`; on every server of the installation. */
  useSignature(access: string, signature: string, expires: Date): Promise<boolean>;
  /** Whether the roles that whoever asks has in the project (those of its domain included), or where it is null in their own domain, permit the action; null: any role does. */
  permits(
    who: { readonly userId: string; readonly token: Token | null },
    projectId: string | null,
    action: string | null,
  ): Promise<boolean>;
  /** Projects that the user may use, filtered by exact name where given. */
  listProjects(userId: string, name?: string): Promise<readonly UsableProject[]>;
  listDomains(userId: string, name?: string): Promise<readonly Named[]>;
}
