import type { Command } from 'commander';
import { createCommandContext, type CommandContext, type SharedOptions } from './command-context.ts';
import type { CommandIo } from './command-io.ts';

/** Turns an action into what commander calls: `arguments` are the positional ones, `options` those of the command. */
export type Register = <Options extends object>(
  command: Command,
  action: (context: CommandContext, options: Options, positional: readonly string[]) => Promise<void>,
) => void;

/** A Register for one run of the program. */
export function createRegister(io: CommandIo): Register {
  return <Options extends object>(
    command: Command,
    action: (context: CommandContext, options: Options, positional: readonly string[]) => Promise<void>,
  ) => {
    command.action(async () => {
      const options = command.opts<Options & SharedOptions>();
      await action(createCommandContext(io, options), options, command.args);
    });
  };
}
