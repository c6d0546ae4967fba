import { execFile } from 'node:child_process';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/fixtures/temporary-folder.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Lints the files, in a checkout of their own, with the rules of this one; returns its report as JSON. */
async function lint(files: Record<string, string>): Promise<string> {
  await using folder = await temporaryFolder();
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    await copyFile(join(root, name), join(folder.path, name));
  await symlink(join(root, 'node_modules'), join(folder.path, 'node_modules'));
  for (const [path, source] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), source);
  }
  const args = [join(root, 'node_modules/oxlint/bin/oxlint'), '--format', 'json'];
  return await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder.path }, (_, stdout) => resolve(stdout));
  });
}

const layers = ['core', 'lib', 'storage', 'catalog', 'mongo', 'repository', 'jobs', 'provider', 'engine', 'api', 'cli'];
const allowed: Record<string, readonly string[]> = {
  core: [],
  lib: ['core'],
  storage: ['core', 'lib'],
  catalog: ['core', 'lib'],
  mongo: ['core', 'lib'],
  repository: ['core', 'lib', 'storage'],
  jobs: ['core', 'lib', 'catalog'],
  provider: ['core', 'lib'],
  engine: ['core', 'lib', 'storage', 'catalog', 'mongo', 'repository', 'jobs', 'provider'],
  api: ['core', 'lib', 'engine'],
  cli: ['core', 'lib', 'engine'],
};

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}

async function diagnostics(files: Record<string, string>): Promise<readonly Diagnostic[]> {
  return (JSON.parse(await lint(files)) as { diagnostics: Diagnostic[] }).diagnostics;
}

const samples = [
  ['any', 'export const a: any = 1;', 'no-explicit-any'],
  ['a-floating-promise', 'Promise.resolve(1);\nexport {};', 'no-floating-promises'],
  ['a-default-export', 'export default 1;', 'no-default-export'],
  ['console', 'console.log(1);\nexport {};', 'no-console'],
  ['the-environment', 'export const a = process.env;', 'no-restricted-properties'],
  ['the-environment-destructured', 'export const { env } = process;', 'no-restricted-properties'],
  ['the-environment-imported', "import { env } from 'node:process';\nexport const a = env;", 'no-restricted-imports'],
  ['the-clock', 'export const a = Date.now();', 'no-restricted-properties'],
  ['weak-randomness', 'export const a = Math.random();', 'no-restricted-properties'],
  ['a-long-file', `export const a = 1;\n${'// line\n'.repeat(600)}`, 'max-lines'],
] as const;

const env = 'export const a = process.env;\n';
const print = 'export function print(): void {\n  console.log(1);\n}\n';
const exceptions: Record<string, string> = {
  'src/main.ts': env,
  'bin/larder.ts': env + print,
  'scripts/one.ts': env + print,
  'test/one.ts': env,
  'src/lib/one.test.ts': env,
  'src/cli/render/plain.ts': print,
};

/** Every layer against every other, from a folder below and as a type; those that must be refused by path. */
function layerFiles(): { files: Record<string, string>; refused: readonly string[] } {
  const files: Record<string, string> = { 'src/settings.ts': 'export const one = 1;\n' };
  const refused: string[] = [];
  for (const layer of layers) {
    files[`src/${layer}/one.ts`] = 'export const one = 1;\n';
    for (const other of layers.filter((name) => name !== layer)) {
      const path = `src/${layer}/below/uses-${other}.ts`;
      files[path] = `import type { one } from '../../${other}/one.ts';\nexport type One = typeof one;\n`;
      if (!allowed[layer]?.includes(other)) refused.push(path);
    }
    files[`src/${layer}/uses-settings.ts`] = `import { one } from '../settings.ts';\nexport const two = one;\n`;
    refused.push(`src/${layer}/uses-settings.ts`);
  }
  return { files, refused };
}

describe('the lint rules', () => {
  const { files, refused } = layerFiles();
  let found: readonly Diagnostic[];
  beforeAll(async () => {
    const sampled = Object.fromEntries(samples.map(([name, source]) => [`src/lib/sample/${name}.ts`, source]));
    found = await diagnostics({ ...files, ...sampled, ...exceptions });
  });

  it('hold the layers, and say why', () => {
    const complaints = found.filter(({ filename }) => filename in files);
    expect(complaints.map(({ filename }) => filename).toSorted()).toEqual(refused.toSorted());
    expect(complaints.filter(({ code, help }) => !code.includes('no-restricted-imports') || (help ?? '').length < 20)).toEqual(
      [],
    );
  });

  it.each(samples)('refuse %s', (name, _, rule) => {
    const codes = found.filter(({ filename }) => filename === `src/lib/sample/${name}.ts`).map(({ code }) => code);
    expect(codes).toEqual([expect.stringContaining(rule)]);
  });

  it('let those use the environment and the console that may', () => {
    expect(found.filter(({ filename }) => filename in exceptions)).toEqual([]);
  });
});
