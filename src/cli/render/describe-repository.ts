import type { ClusterTime } from '../../core/image.ts';
import { formatPoint } from '../../core/oplog-archive.ts';
import type { ChangedKey } from '../../engine/change-repository-key.ts';
import type { RecoveredCatalog } from '../../engine/recover-catalog.ts';
import type { FoundDamage, RepositoryCheck, RepositoryPruning, TakenOver } from '../local-repository.ts';
import { formatBytes } from './format-bytes.ts';
import { formatCount } from './format-count.ts';
import { formatFields } from './format-table.ts';
import { printable } from './printable.ts';

/** `larder repository check` for people: what is damaged, and what that means for each backup. */
export function describeCheck(report: RepositoryCheck): string {
  const backups = report.projects.flatMap((project) => project.backups);
  const lost = backups.filter((backup) => !backup.restorable);
  const archives = report.projects.flatMap((project) => project.archives);
  const gaps = archives.flatMap(({ instanceId, lost: moments }) => moments.map((range) => describeLost(instanceId, range)));
  const damage = [...report.damage, ...report.projects.flatMap((project) => project.damage)];
  const summary = formatFields([
    ['Objects checked', formatCount(report.objectsChecked)],
    ['Data read in full', formatBytes(report.bytesRead)],
    ['Backups', `${formatCount(backups.length - lost.length)} of ${formatCount(backups.length)} restore in full`],
    ['Archived oplogs', archives.length === 0 ? null : describeArchives(archives)],
  ]);
  if (report.sound) return `${summary}\n\nNo damage found.`;
  const lines = lost.map((backup) => {
    const what = backup.damagedCollections.length === 0 ? 'cannot be read' : `damaged: ${backup.damagedCollections.join(', ')}`;
    return printable(`  ${backup.name ?? backup.backupId} (${backup.backupId}): ${what}`);
  });
  const affected = lines.length === 0 ? ['No backup needs what is damaged.'] : ['Backups that do not restore in full:', ...lines];
  const moments = gaps.length === 0 ? [] : ['Moments that do not restore:', ...gaps];
  return [summary, '', 'Damaged:', ...damage.map(describeDamage), '', ...affected, ...moments].join('\n');
}

function describeArchives(archives: RepositoryCheck['projects'][number]['archives']): string {
  const sound = archives.filter(({ damage }) => damage.length === 0).length;
  const segments = archives.reduce((sum, archive) => sum + archive.segments, 0);
  return `${formatCount(sound)} of ${formatCount(archives.length)} undamaged, ${formatCount(segments)} segments`;
}

function describeLost(
  instanceId: string,
  { from, to }: RepositoryCheck['projects'][number]['archives'][number]['lost'][number],
): string {
  return `  instance ${instanceId}: ${describePoint(from)} to ${describePoint(to)}`;
}

function describePoint(point: ClusterTime): string {
  return `${new Date(point.t * 1000).toISOString()} (${formatPoint(point)})`;
}

/** `larder repository change-key` for people: what to do now. */
export function describeChangedKey({ keyFile, finished }: ChangedKey): string {
  if (keyFile === null) {
    return 'The new passphrase unlocks the repository now. Set LARDER_REPOSITORY_PASSPHRASE to it before the next start, and keep it: nobody can make another.';
  }
  const what = finished ? 'The change that was interrupted is finished' : 'A new key file unlocks the repository now';
  return printable(
    `${what}: ${keyFile}. Keep a copy of it away from this machine, and start without LARDER_REPOSITORY_PASSPHRASE from now on.`,
  );
}

function describeDamage({ object, reason, range }: FoundDamage): string {
  const where = range === null ? '' : `, bytes ${range.offset} to ${range.offset + range.length}`;
  return printable(`  ${object}${where}: ${reason}`);
}

/** `larder repository prune` for people, project by project. */
export function describePruning(report: RepositoryPruning): string {
  if (report.projects.length === 0) return 'The repository is empty.';
  const [freed, marked] = report.dryRun ? ['Would free', 'Would mark'] : ['Freed', 'Marked'];
  const archives = report.archives.map(({ instanceId, merged, removed }) =>
    describeMerging(instanceId, merged, removed, report.dryRun),
  );
  return report.projects
    .map((project) =>
      formatFields([
        ['Project', project.projectId],
        ['Nothing done', project.blocked],
        [freed, `${formatCount(project.plan.remove.length)} objects, ${formatBytes(project.freedBytes)}`],
        [marked, `${formatCount(project.plan.mark.length)} objects`],
        ['Waiting', `${formatBytes(project.waitingBytes)} until the grace time is over`],
      ]),
    )
    .concat(archives)
    .join('\n\n');
}

function describeMerging(instanceId: string, merged: number, removed: number, dryRun: boolean): string {
  return formatFields([
    ['Archived oplog', instanceId],
    [dryRun ? 'Would merge' : 'Merged', `${formatCount(merged)} segments`],
    [dryRun ? 'Would remove' : 'Removed', `${formatCount(removed)} segments that larger ones hold`],
  ]);
}

/** `larder repository recover` for people. */
export function describeRecovered(report: RecoveredCatalog): string {
  const fields = formatFields([
    ['Projects', formatCount(report.projects)],
    ['Users', formatCount(report.users)],
    ['Access keys', formatCount(report.accessKeys)],
    ['Instances', formatCount(report.instances)],
    ['Backups', formatCount(report.backups)],
  ]);
  const renamed = report.renamed.map(
    ({ from, to, backupId }) => `${from} is now ${to} (${backupId}): a newer backup has its name`,
  );
  const unreadable = report.unreadable.map(({ backupId, reason }) => `backup ${backupId} cannot be read: ${reason}`);
  return ['Recovered.', '', fields, ...[...renamed, ...unreadable].map(printable)].join('\n');
}

/** `larder repository take-over` for people. */
export function describeTakenOver({ from }: TakenOver): string {
  if (from === null) return "The repository is this catalog's.";
  return printable(`The repository is this catalog's now. It was that of a Larder on ${from.host}, since ${from.since}.`);
}
