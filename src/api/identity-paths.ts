import { rawPathOf } from './query.ts';

/** First path words below /v3 that belong to the identity service; a project id (32 hex digits) can be none of them. */
const identityWords = new Set([
  'auth',
  'catalog',
  'credentials',
  'domains',
  'endpoints',
  'groups',
  'projects',
  'regions',
  'roles',
  'services',
  'users',
]);

/** True if a request target belongs to the identity service, whose errors have another form. */
export function isIdentityPath(target: string): boolean {
  const [, version, word, ...rest] = rawPathOf(target).split('/');
  if (version === '' && word === undefined) return true;
  if (version !== 'v3') return false;
  return word === undefined || (word === '' && rest.length === 0) || identityWords.has(word) || word.startsWith('OS-');
}
