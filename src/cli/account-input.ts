import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AccountsApi, WireScope } from './accounts-api.ts';
import type { CommandIo } from './command-io.ts';
import { readLine } from './confirm.ts';
import { pick } from './find-by-name.ts';
import { usageError } from './usage-error.ts';

/** Options of what can be switched off and on. */
export interface SwitchOptions {
  readonly name?: string;
  readonly description?: string;
  readonly enable?: true;
  readonly disable?: true;
}

/** The fields that the options change. Throws CommandError `usage` for both of a contradiction. */
export function readSwitches(options: SwitchOptions): { name?: string; description?: string; enabled?: boolean } {
  if (options.enable === true && options.disable === true) throw usageError('Give --enable or --disable, not both.');
  return {
    ...(options.name === undefined ? {} : { name: options.name }),
    ...(options.description === undefined ? {} : { description: options.description }),
    ...(options.enable === true ? { enabled: true } : {}),
    ...(options.disable === true ? { enabled: false } : {}),
  };
}

/** The password on the first line of standard input. Never an argument: other users of a machine see those. */
export async function readPassword(io: CommandIo): Promise<string> {
  const password = await readLine(io.stdin);
  if (password === '') throw usageError('There is no password on standard input.');
  return password;
}

/** A password that nobody has to choose. */
export function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

/** A policy from a file of JSON. */
export async function readPolicy(io: CommandIo, path: string): Promise<unknown> {
  const text = await readFile(resolve(io.folder, path), 'utf8').catch((error: unknown) => {
    throw usageError(`The policy ${path} cannot be read.`, { cause: error });
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw usageError(`The policy ${path} is not JSON.`, { cause: error });
  }
}

/** Where a role shall hold: in the named project, or everywhere. */
export async function findScope(accounts: AccountsApi, project: string | undefined): Promise<WireScope> {
  if (project === undefined) return { kind: 'domains', id: await accounts.domainId() };
  return { kind: 'projects', id: pick('project', await accounts.listProjects(), project).id };
}
