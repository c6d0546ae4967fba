#!/usr/bin/env node
// Runs a command of the project with the Node that comes with it. This file alone must do with any Node from 18 on and with no
// installed package, because it is what a fresh clone starts with.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment, nodeFlags } from './node-options.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const node = join(bin, 'node');

/** What `npm run NAME` starts, with its first arguments. */
const commands = {
  start: ['src/main.ts'],
  quickstart: ['scripts/quickstart.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['bench/run.ts'],
  soak: ['scripts/soak.ts'],
  format: ['node_modules/oxfmt/bin/oxfmt'],
};

/** Why the packages must be installed, or null where exactly those of package-lock.json are there. */
function reasonToInstall() {
  if (!existsSync(node)) return 'packages are not installed';
  const wanted = lockedVersions('package-lock.json');
  const installed = lockedVersions('node_modules/.package-lock.json');
  for (const [path, { version, optional }] of wanted) {
    const found = installed.get(path);
    if (found ? found.version !== version : !optional) return `${path} is not the one of package-lock.json`;
  }
  for (const path of installed.keys()) if (!wanted.has(path)) return `${path} is not in package-lock.json`;
  return null;
}

function lockedVersions(file) {
  const path = join(root, file);
  const packages = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
  const entries = Object.entries(packages).filter(([name]) => name !== '');
  return new Map(
    entries.map(([name, { version, optional, devOptional }]) => [name, { version, optional: optional || devOptional }]),
  );
}

function install(reason) {
  process.stderr.write(`larder: installing packages (${reason})\n`);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const viaNpm = process.env.npm_execpath?.endsWith('.js') === true;
  const [command, first] = viaNpm ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
  // Standard output belongs to the command that is run afterwards.
  const result = spawnSync(command, [...first, ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  if (result.status !== 0 || !existsSync(node)) {
    const why = result.error ? ` (${result.error.message})` : '';
    process.stderr.write(`larder: the packages could not be installed${why}; "npm ci" in ${root} says more\n`);
    process.exit(1);
  }
}

/**
 * Has what a server runs compiled before it starts for the first time, or for the first time since a source changed: a server that compiles it on the way is larger by
 * 25 MB for as long as it runs. Whatever goes wrong here the server finds out, or does without.
 */
function compileOnce() {
  const folder = { ...nodeEnvironment, ...process.env }.NODE_COMPILE_CACHE;
  const source = join(root, 'src');
  const newest = Math.max(...readdirSync(source, { recursive: true }).map((path) => statSync(join(source, path)).mtimeMs));
  const compiled = join(folder, 'compiled');
  if (existsSync(compiled) && readFileSync(compiled, 'utf8') === String(newest)) return;
  const script = join(root, 'scripts', 'compile-code.ts');
  const { status } = spawnSync(node, [...nodeFlags, script], { env: { ...nodeEnvironment, ...process.env }, stdio: 'ignore' });
  if (status === 0) writeFileSync(compiled, String(newest));
}

const [name, ...args] = process.argv.slice(2);
const command = name === undefined || !Object.hasOwn(commands, name) ? null : commands[name];
if (command === null) {
  process.stderr.write(`usage: node scripts/run.mjs ${Object.keys(commands).join('|')} [arguments]\n`);
  process.exit(2);
}

const reason = reasonToInstall();
if (reason !== null) install(reason);
if (name === 'start') {
  try {
    compileOnce();
  } catch {
    // A folder that may not be written to: every start compiles, as it would have.
  }
}

const [script, ...first] = command;
const child = spawn(node, [...nodeFlags, join(root, script), ...first, ...args], {
  stdio: 'inherit',
  env: { ...nodeEnvironment, ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // What is typed at a terminal reaches the child by itself; once more would mean "now, at once".
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => {
  process.stderr.write(`larder: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
