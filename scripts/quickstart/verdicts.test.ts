import { expect, test } from 'vitest';
import { compareFingerprints, type Fingerprint } from './fingerprint.ts';
import { summarise, verdicts, type Findings } from './summarise.ts';
import type { TakenBackup } from './take-backup.ts';

function taken(documentsRead: number, bytesStored: number): TakenBackup {
  return {
    seconds: 1.5,
    details: {
      id: 'b',
      name: 'n',
      description: '',
      instance_id: 'i',
      instance_name: 'i',
      instance_mode: 'ReplicaSet',
      instance_status: 'normal',
      instance_restoring: false,
      datastore_version: '6.0',
      type: 'Manual',
      status: 'COMPLETED',
      begin_time: '2026-01-31T12:00:00.000Z',
      end_time: '2026-01-31T12:00:01.000Z',
      size_bytes: 30_000_000,
      deletable: true,
      proof: null,
      cluster_time: { t: 1, i: 1 },
      consistency: 'snapshot',
      base_backup_id: null,
      documents_read: documentsRead,
      oplog_entries_read: 0,
      bytes_read: 1,
      bytes_stored: bytesStored,
      blocks_stored: 1,
      blocks_reused: 0,
      notes: [],
      collections: [{ db: 'geo', name: 'cities', uuid: 'u', documents: 135_233, documents_exact: true, bytes: 30_000_000 }],
      fail_reason: null,
    },
  };
}

const good: Findings = {
  first: taken(137_081, 5_000_000),
  second: taken(1_500, 150_000),
  changed: 1_000,
  reads: { byLarder: 1_500, returnedToAnybody: 3_000 },
  restoreSeconds: 10,
  damaged: 10,
  differences: [],
  peakMemory: null,
  seconds: 60,
};

test('findings right at the limits keep the promises', () => {
  expect(verdicts(good)).toEqual([]);
  expect(summarise(good)).toContain('1.50 (promised: at most 1.5)');
  expect(summarise(good)).toContain('3.00 % (promised: at most 3 %)');
});

test.each<[string, Partial<Findings>, string]>([
  ['one document too many, by its own account', { second: taken(1_501, 1) }, '1,501 documents by its own account'],
  ['one document too many, by the servers', { reads: { byLarder: 1_501, returnedToAnybody: 0 } }, "1,501 by the server's"],
  ['nothing changed', { changed: 0 }, 'nothing changed'],
  ['too much stored', { second: taken(1_500, 150_001) }, 'stored 3.00 %'],
  ['damage that could not be seen', { damaged: 0 }, 'proves nothing'],
  ['a difference after the restore', { differences: ['shop.orders is missing'] }, 'shop.orders is missing'],
])('%s breaks them', (_, change, said) => {
  expect(verdicts({ ...good, ...change }).join('\n')).toContain(said);
});

test('fingerprints differ in content, in definitions, and in what is missing or new', () => {
  const fingerprint = (hashes: Record<string, string>, definitions: Record<string, string>): Fingerprint => ({
    hashes: new Map(Object.entries(hashes)),
    definitions: new Map(Object.entries(definitions)),
  });
  const before = fingerprint({ a: '1', b: '2' }, { 'a index x': '{}' });
  expect(compareFingerprints(before, before)).toEqual([]);
  expect(compareFingerprints(before, fingerprint({ a: '9', c: '3' }, { 'a index x': '{"unique":true}' }))).toEqual([
    'content of a differs: was 1, is 9',
    'b is missing',
    'c was not there before',
    'definition of a index x differs: was {}, is {"unique":true}',
  ]);
});
