import { expect, it } from 'vitest';
import { dumpFileName } from './dump-names.ts';

it.each([
  ['orders', 'orders'],
  ['a.b-c_d~e', 'a.b-c_d~e'],
  ['odd % / \n name', 'odd%20%25%20%2F%20%0A%20name'],
  ["a!b'c(d)e*f", 'a%21b%27c%28d%29e%2Af'],
  ['a$b&c+d:e=f@g', 'a$b&c+d:e=f@g'],
  ['a,b;c?d', 'a%2Cb%3Bc%3Fd'],
  ['ünï', '%C3%BCn%C3%AF'],
  ['x'.repeat(238), 'x'.repeat(238)],
  // The hash is that of the whole name.
  ['x'.repeat(239), `${'x'.repeat(208)}%24y7b6pcTgZj0nXOUPNjGpfPMXSqg`],
])('a collection %j is dumped as %s', (collection, file) => {
  if (collection.length < 239) expect(dumpFileName(collection)).toBe(file);
  else expect(dumpFileName(collection)).toMatch(/^x{208}%24[\w-]{27}$/);
  expect(Buffer.byteLength(`${dumpFileName(collection)}.metadata.json.gz`)).toBeLessThanOrEqual(255);
});
