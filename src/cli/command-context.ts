import type { Command } from 'commander';
import type { CommandIo } from './command-io.ts';
import { findConnection } from './credentials.ts';
import { createLarderApi, type LarderApi } from './larder-api.ts';
import { createRenderer, type Renderer } from './render/renderer.ts';
import type { LocalOptions } from './local-repository.ts';
import { openSession } from './session.ts';

/** Options that every command has. */
export interface SharedOptions {
  readonly json?: true;
  readonly endpoint?: string;
  readonly dataDir?: string;
}

/** What a command's action works with. */
export interface CommandContext {
  readonly io: CommandIo;
  readonly renderer: Renderer;
  /** For work without a server: `--data-dir` wins over the settings. */
  readonly local: LocalOptions;
  /** Logs in at the first call. */
  api(): Promise<LarderApi>;
}

/** The context of one run with these options. */
export function createCommandContext(io: CommandIo, options: SharedOptions): CommandContext {
  let api: Promise<LarderApi> | undefined;
  return {
    io,
    renderer: createRenderer(io, options.json === true),
    local: {
      env: options.dataDir === undefined ? io.env : { ...io.env, LARDER_DATA_DIR: options.dataDir },
      folder: io.folder,
      signal: io.signal,
    },
    api: () => (api ??= connect(io, options)),
  };
}

/** Adds the options of every command that talks to a server. */
export function withServerOptions(command: Command): Command {
  return withLocalOptions(command).option('--endpoint <url>', 'the server (LARDER_ENDPOINT; default http://127.0.0.1:8440)');
}

/** Adds the options of a command that works on the local settings and data folder. */
export function withLocalOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON document')
    .option('--data-dir <folder>', 'the data folder of the local server (LARDER_DATA_DIR; default ./data)');
}

async function connect(io: CommandIo, options: SharedOptions): Promise<LarderApi> {
  const connection = await findConnection({ env: io.env, endpoint: options.endpoint, dataDir: options.dataDir });
  return createLarderApi(await openSession(connection, { signal: io.signal }));
}
