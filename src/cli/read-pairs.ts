import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** For an option that may be given again. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** The values of `--set name=value`, the last one of a name counts. Throws CommandError `usage`. */
export function readParameterValues(set: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    set.map((text) => {
      const at = text.indexOf('=');
      if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
      throw new CommandError('usage', exitCodes.usage, `--set takes name=value, not ${JSON.stringify(text)}.`);
    }),
  );
}
