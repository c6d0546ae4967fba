import { LarderError } from './errors.ts';

/** What a role of the user's own making allows and forbids, in the form that DDS's own custom policies have. */
export interface PermissionPolicy {
  readonly Version: '1.1';
  readonly Statement: readonly PermissionStatement[];
}

interface PermissionStatement {
  readonly Effect: 'Allow' | 'Deny';
  /** Actions such as `dds:backup:list`; a `*` in one stands for any text. */
  readonly Action: readonly string[];
}

/** A role for the question what it permits. */
export interface RoleRights {
  readonly name: string;
  /** null: one of the built-in roles, known by its name. */
  readonly policy: PermissionPolicy | null;
}

interface BuiltInRole {
  readonly description: string;
  readonly allow: readonly string[];
  readonly except: readonly string[];
}

/** The roles that every installation has. What one does not permit another may: only a policy's own Deny beats everything. */
export const builtInRoles: Readonly<Record<'admin' | 'operator' | 'reader', BuiltInRole>> = {
  admin: { description: 'Everything; granted on the domain also users, projects and roles', allow: ['*'], except: [] },
  operator: {
    description: 'Everything with instances and backups except deleting them',
    allow: ['dds:*', 'larder:*'],
    except: ['*:delete*', 'larder:audit:*'],
  },
  reader: {
    description: 'Looking at instances, backups, settings and jobs',
    allow: ['dds:*:list', 'dds:*:get', 'larder:*:list', 'larder:*:get'],
    except: ['larder:audit:*'],
  },
};

/** Other names of the same rights: newer ones, and of two that the documentation disagrees about; a policy may use either. */
const synonyms: Readonly<Record<string, string>> = {
  'dds:instance:createManualBackup': 'dds:backup:create',
  'dds:backup:refreshInstanceFromBackup': 'dds:instance:restore',
  'dds:backup:createInstanceFromBackup': 'dds:instance:create',
};

const actionPattern = /^(?:\*|[\w*-]+(?::[\w*-]+){1,3})$/;
const mostStatements = 50;
const mostActions = 200;
const longestAction = 128;

/** Whether the roles together permit the action: one allows it and no policy denies it. null, what needs no right of its own, takes any role. */
export function rolesPermit(roles: readonly RoleRights[], action: string | null): boolean {
  if (action === null) return roles.length > 0;
  const names = [action, synonyms[action]].filter((name): name is string => name !== undefined);
  const covers = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => names.some((name) => matchesPattern(pattern, name)));
  const states = (policy: PermissionPolicy, effect: PermissionStatement['Effect']): boolean =>
    policy.Statement.some((statement) => statement.Effect === effect && covers(statement.Action));
  if (roles.some(({ policy }) => policy !== null && states(policy, 'Deny'))) return false;
  return roles.some(({ name, policy }) => {
    if (policy !== null) return states(policy, 'Allow');
    const role = isBuiltInRole(name) ? builtInRoles[name] : null;
    return role !== null && covers(role.allow) && !covers(role.except);
  });
}

/** Whether a role of this name is one of the built-in ones. */
export function isBuiltInRole(name: string): name is keyof typeof builtInRoles {
  return Object.hasOwn(builtInRoles, name);
}

/** Returns the policy with nothing in it but what is known, or throws `invalid-permission-policy` saying what is wrong. */
export function checkPermissionPolicy(value: unknown): PermissionPolicy {
  const { Version: version, Statement: statements } = record(value, 'The policy');
  if (version !== '1.1') throw invalid('Version must be "1.1"');
  if (!Array.isArray(statements) || statements.length === 0 || statements.length > mostStatements) {
    throw invalid(`Statement must be a list of 1 to ${mostStatements} statements`);
  }
  return { Version: '1.1', Statement: statements.map(checkStatement) };
}

function checkStatement(value: unknown): PermissionStatement {
  const statement = record(value, 'A statement');
  const { Effect: effect, Action: actions } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw invalid('Effect must be "Allow" or "Deny"');
  if (!Array.isArray(actions) || actions.length === 0 || actions.length > mostActions) {
    throw invalid(`Action must be a list of 1 to ${mostActions} actions`);
  }
  // Ignoring one of these would give more than was meant.
  for (const word of ['Resource', 'Condition']) if (word in statement) throw invalid(`${word} is not supported`);
  return {
    Effect: effect,
    Action: actions.map((action: unknown) => {
      if (typeof action === 'string' && action.length <= longestAction && actionPattern.test(action)) return action;
      throw invalid('an action must look like dds:backup:list, and may have * in it');
    }),
  };
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(`${what} must be an object`);
  return { ...value };
}

function invalid(reason: string): LarderError {
  return new LarderError('invalid-permission-policy', `Wrong policy: ${reason}.`);
}

/** Without regular expressions: the time is bounded by the product of the lengths whatever the pattern. Letter case does not count. */
function matchesPattern(pattern: string, action: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const text = action.toLowerCase();
  if (rest.length === 0) return text === first;
  if (!text.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
