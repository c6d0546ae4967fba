import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProcess } from '../lib/run-process.ts';

/** What a mongod asks of libcurl, for its free monitoring and KMIP, which nobody here uses. */
const functions = [
  'curl_easy_cleanup',
  'curl_easy_getinfo',
  'curl_easy_init',
  'curl_easy_perform',
  'curl_easy_setopt',
  'curl_easy_strerror',
  'curl_global_cleanup',
  'curl_global_init',
  'curl_slist_append',
  'curl_slist_free_all',
];
const timeoutMs = 60_000;

/**
 * Makes a `libcurl.so.4` in `folder` that carries the symbol version of old systems and can do nothing: enough for a mongod that is
 * linked with one to start. Needs a C compiler (`cc`); rejects with the reason where there is none.
 */
export async function buildCurlStandIn(folder: string, signal: AbortSignal): Promise<void> {
  // A start asks for the beginning of libcurl's description of itself, and ends unless that says TLS (4).
  const version = [
    'static const struct { int age; const char *version; unsigned number; const char *host; int features; void *rest[24]; }',
    '  info = { 0, "0", 0, "", 4, { 0 } };',
    'const void *curl_version_info(int age) { (void)age; return &info; }',
  ].join('\n');
  const source = [version, ...functions.map((name) => `void *${name}(void) { return 0; }`)].join('\n');
  const map = `CURL_OPENSSL_3 { global: curl_*; local: *; };\n`;
  await writeFile(join(folder, 'stand-in.c'), `${source}\n`);
  await writeFile(join(folder, 'stand-in.map'), map);
  const link = ['-Wl,-soname,libcurl.so.4', `-Wl,--version-script=${join(folder, 'stand-in.map')}`];
  await runProcess('cc', ['-shared', '-fPIC', '-o', join(folder, 'libcurl.so.4'), ...link, join(folder, 'stand-in.c')], {
    signal,
    timeoutMs,
  });
}
