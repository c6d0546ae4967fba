import { describe, expect, it } from 'vitest';
import { checkBackupName } from '../core/names.ts';
import { withUniqueNames, type BackupHead } from './recovered-backups.ts';

const head = (backupId: string, name: string, second: number, projectId = 'p'): BackupHead => ({
  backupId: `${backupId.repeat(32).slice(0, 32)}br02`,
  projectId,
  instanceId: 'i',
  instanceName: 'shop',
  mode: 'ReplicaSet',
  name,
  description: '',
  type: 'Manual',
  keepDays: null,
  serverVersion: '6.0.5',
  startedAt: new Date(second * 1000),
  finishedAt: new Date(second * 1000 + 1),
  sizeBytes: 1,
  replayBase: null,
});

describe('withUniqueNames', () => {
  it('leaves names that are unique in their project', () => {
    const heads = [head('a', 'same', 2), head('b', 'same', 1, 'q'), head('c', 'Same', 0)];
    expect(withUniqueNames(heads)).toEqual({ backups: heads, renamed: [] });
  });

  it('lets the newest keep its name and gives the others one that is allowed', () => {
    const long = `n${'x'.repeat(63)}`;
    const { backups, renamed } = withUniqueNames([head('a', long, 1), head('b', long, 3), head('c', long, 2)]);
    expect(backups[0]).toMatchObject({ name: long, startedAt: new Date(3000) });
    expect(renamed.map(({ from }) => from)).toEqual([long, long]);
    expect(new Set(backups.map(({ name }) => checkBackupName(name))).size).toBe(3);
  });
});
