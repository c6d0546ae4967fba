import { usageError } from './usage-error.ts';

/** For an option that may be given again. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The two sides of each `name=value` that an option was given; `form` says it in its own words. Throws CommandError `usage`. */
export function readPairs(option: string, form: string, given: readonly string[]): readonly (readonly [string, string])[] {
  return given.map((text) => {
    const at = text.indexOf('=');
    if (at <= 0) throw usageError(`${option} takes ${form}, not ${JSON.stringify(text)}.`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
}

/** The values of `--set name=value`, the last one of a name counts. Throws as `readPairs`. */
export function readParameterValues(set: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(readPairs('--set', 'name=value', set));
}
