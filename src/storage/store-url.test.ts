import { describe, expect, it } from 'vitest';
import { parseStoreUrl } from './store-url.ts';

describe('parseStoreUrl', () => {
  it.each([
    ['file:///var/lib/larder', { kind: 'file', path: '/var/lib/larder' }],
    ['file:///with%20space/', { kind: 'file', path: '/with space' }],
    ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '', endpoint: null, region: null, pathStyle: false }],
    [
      's3://my-bucket/a/b/?endpoint=https://obs.example&region=eu-de&pathStyle=true',
      { kind: 's3', bucket: 'my-bucket', prefix: 'a/b', endpoint: 'https://obs.example', region: 'eu-de', pathStyle: true },
    ],
  ])('parses %s', (text, parsed) => {
    expect(parseStoreUrl(text)).toEqual(parsed);
  });

  it.each([
    ['', 'is no URL'],
    ['/var/lib', 'is no URL'],
    ['file://host/x', 'names a host'],
    ['file:///', 'names no folder'],
    ['file:///x?y=1', 'options'],
    ['http://x', 'unknown scheme'],
    ['s3://bucket?endPoint=https://x', 'unknown option'],
    ['s3://bucket?endpoint=x', 'endpoint'],
    ['s3://bucket?pathStyle=yes', 'pathStyle'],
    ['s3://bucket/a b', 'prefix'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseStoreUrl(text)).toThrow(
      expect.objectContaining({ code: 'invalid-setting', message: expect.stringContaining(reason) }),
    );
  });

  it('does not repeat credentials', () => {
    expect(() => parseStoreUrl('s3://key:hunter2@bucket')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});
