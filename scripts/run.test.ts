import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../test/fixtures/temporary-folder.ts';

/** A checkout as far as run.mjs looks at it, with its packages installed and a program of ours as the server. */
async function checkout(program: string): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  for (const name of ['scripts', 'src', 'node_modules/.bin']) await mkdir(join(folder.path, name), { recursive: true });
  await copyFile(new URL('./run.mjs', import.meta.url), join(folder.path, 'scripts', 'run.mjs'));
  await copyFile(new URL('./node-options.mjs', import.meta.url), join(folder.path, 'scripts', 'node-options.mjs'));
  await symlink(process.execPath, join(folder.path, 'node_modules', '.bin', 'node'));
  await writeFile(join(folder.path, 'src', 'main.ts'), program);
  await lock(folder, { a: '1.0.0', other: null }, { a: '1.0.0' });
  return folder;
}

/** null is a package for other systems, which may be missing here. */
async function lock(
  folder: TemporaryFolder,
  wanted: Record<string, string | null>,
  installed: Record<string, string>,
): Promise<void> {
  const packages = (versions: Record<string, string | null>) => ({
    packages: Object.fromEntries(
      Object.entries(versions).map(([name, version]) => [
        `node_modules/${name}`,
        version === null ? { version: '1.0.0', optional: true } : { version },
      ]),
    ),
  });
  await writeFile(join(folder.path, 'package-lock.json'), JSON.stringify(packages({ ...wanted })));
  await writeFile(join(folder.path, 'node_modules', '.package-lock.json'), JSON.stringify(packages({ ...installed })));
}

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  /** Resolves with the first piece of standard output. */
  readonly firstOutput: Promise<unknown>;
}

function run(folder: TemporaryFolder, args: readonly string[]): Run {
  // An npm that does nothing but say that it was called.
  const env = { PATH: join(folder.path, 'bin') };
  const child = spawn(process.execPath, [join(folder.path, 'scripts', 'run.mjs'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: Buffer.concat(out).toString(),
    err: Buffer.concat(err).toString(),
  }));
  return { child, ended, firstOutput: once(child.stdout, 'data') };
}

describe('run.mjs', () => {
  it('runs the command with its arguments and hands its exit code on', async () => {
    await using folder = await checkout('console.log(process.argv.slice(2).join(" ")); process.exit(7);');
    expect(await run(folder, ['start', '--a', 'b c']).ended).toEqual({ code: 7, out: '--a b c\n', err: '' });
  });

  it('has the compiled code kept beside the packages', async () => {
    await using folder = await checkout('const text: string = "ran"; console.log(text);');
    expect((await run(folder, ['start']).ended).out).toBe('ran\n');
    const kept = await readdir(join(folder.path, 'node_modules', '.cache', 'larder'), { recursive: true });
    expect(kept.length).toBeGreaterThan(0);
    expect((await run(folder, ['start']).ended).out).toBe('ran\n');
    await writeFile(join(folder.path, 'src', 'main.ts'), 'const text: string = "changed"; console.log(text);');
    expect((await run(folder, ['start']).ended).out).toBe('changed\n');
  });

  it('has everything compiled before the first start, and again once a source has changed', async () => {
    await using folder = await checkout('console.log("ran");');
    const compiled = join(folder.path, 'compiled.txt');
    await writeFile(
      join(folder.path, 'scripts', 'compile-code.ts'),
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(compiled)}, process.env.NODE_COMPILE_CACHE + ' ');`,
    );
    const kept = join(folder.path, 'node_modules', '.cache', 'larder');
    const starts = async (): Promise<void> =>
      expect(await run(folder, ['start']).ended).toEqual({ code: 0, out: 'ran\n', err: '' });
    await starts();
    await starts();
    expect(await readFile(compiled, 'utf8')).toBe(`${kept} `);
    const changed = new Date('2100-01-01');
    await utimes(join(folder.path, 'src', 'main.ts'), changed, changed);
    await starts();
    expect(await readFile(compiled, 'utf8')).toBe(`${kept} ${kept} `);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('hands %s on and waits for the orderly end', async (signal) => {
    await using folder = await checkout(`
      process.on('${signal}', () => { console.log('ending'); process.exit(3); });
      console.log('up'); setInterval(() => {}, 1000);`);
    const { child, ended, firstOutput } = run(folder, ['start']);
    await firstOutput;
    child.kill(signal);
    expect(await ended).toEqual({ code: 3, out: 'up\nending\n', err: '' });
  });

  it('ends as a shell does where the command was killed', async () => {
    await using folder = await checkout('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);');
    expect((await run(folder, ['start']).ended).code).toBe(137);
  });

  it('refuses what it does not know', async () => {
    await using folder = await checkout('');
    for (const args of [[], ['nothing'], ['constructor']]) {
      const { code, err } = await run(folder, args).ended;
      expect(code).toBe(2);
      expect(err).toContain('usage: node scripts/run.mjs start|quickstart|test');
    }
  });

  it.each([
    ['another version', { a: '2.0.0' }, { a: '1.0.0' }, 'node_modules/a is not the one of package-lock.json'],
    ['a missing package', { a: '1.0.0', b: '1.0.0' }, { a: '1.0.0' }, 'node_modules/b is not the one of package-lock.json'],
    ['a package too many', { a: '1.0.0' }, { a: '1.0.0', b: '1.0.0' }, 'node_modules/b is not in package-lock.json'],
  ])('installs first where it finds %s, and says so in one line', async (_, wanted, installed, reason) => {
    await using folder = await checkout('console.log("ran");');
    await lock(folder, wanted, installed);
    await mkdir(join(folder.path, 'bin'));
    await writeFile(join(folder.path, 'bin', 'npm'), '#!/bin/sh\necho "npm $*"\n', { mode: 0o755 });
    const { code, out, err } = await run(folder, ['start']).ended;
    expect(code).toBe(0);
    expect(out).toBe('ran\n');
    expect(err).toMatch(new RegExp(`^larder: installing packages \\(${reason}\\)\nnpm ci --include=dev .*\n$`));
  });

  it('says what to do where the installation fails, and runs nothing', async () => {
    await using folder = await checkout('console.log("ran");');
    await lock(folder, { a: '2.0.0' }, { a: '1.0.0' });
    await mkdir(join(folder.path, 'bin'));
    await writeFile(join(folder.path, 'bin', 'npm'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { code, out, err } = await run(folder, ['start']).ended;
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('could not be installed; "npm ci" in');
  });
});
