/** What a sealed secret is bound to: taken to another row, it does not open. */
export const sealedContexts = {
  instanceUri: (instanceId: string): string => `instance:${instanceId}:uri`,
  /** The administrator's password of an instance that is being made. */
  administrator: (jobId: string): string => `job:${jobId}:administrator`,
  accessKeySecret: (access: string): string => `access-key:${access}:secret`,
  download: (projectId: string, backupId: string): string => `project:${projectId}:backup:${backupId}:download`,
  log: (projectId: string, fileName: string): string => `project:${projectId}:log:${fileName}:download`,
} as const;
