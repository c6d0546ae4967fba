import { Command } from 'commander';
import type { CommandIo } from './command-io.ts';
import { addAccessKeyCreate } from './commands/access-key-create.ts';
import { addAccessKeyDelete } from './commands/access-key-delete.ts';
import { addAccessKeyList } from './commands/access-key-list.ts';
import { addAuditList } from './commands/audit-list.ts';
import { addBackupCreate } from './commands/backup-create.ts';
import { addBackupDelete } from './commands/backup-delete.ts';
import { addBackupExport } from './commands/backup-export.ts';
import { addBackupImport } from './commands/backup-import.ts';
import { addBackupList } from './commands/backup-list.ts';
import { addBackupShow } from './commands/backup-show.ts';
import { addInstanceAdopt } from './commands/instance-adopt.ts';
import { addInstanceCreate } from './commands/instance-create.ts';
import { addInstanceParameters } from './commands/instance-parameters.ts';
import {
  addInstancePort,
  addInstanceRecycled,
  addInstanceRename,
  addInstanceResetPassword,
  addInstanceRestart,
  addInstanceSwitchover,
  addInstanceTls,
} from './commands/instance-servers.ts';
import { addInstanceDelete } from './commands/instance-delete.ts';
import { addInstanceList } from './commands/instance-list.ts';
import { addInstanceSet } from './commands/instance-set.ts';
import { addInstanceShow } from './commands/instance-show.ts';
import { addJobCancel } from './commands/job-cancel.ts';
import { addJobShow } from './commands/job-show.ts';
import { addJobWait } from './commands/job-wait.ts';
import { addPolicySet } from './commands/policy-set.ts';
import { addPolicyShow } from './commands/policy-show.ts';
import { addRepositoryChangeKey } from './commands/repository-change-key.ts';
import { addRepositoryCheck } from './commands/repository-check.ts';
import { addRepositoryPrune } from './commands/repository-prune.ts';
import { addRepositoryRecover } from './commands/repository-recover.ts';
import { addRepositoryTakeOver } from './commands/repository-take-over.ts';
import { addDrill } from './commands/drill.ts';
import { addDrillSchedule } from './commands/drill-schedule.ts';
import { addHistory } from './commands/history.ts';
import { addRestore } from './commands/restore.ts';
import { addProjectCreate } from './commands/project-create.ts';
import { addProjectDelete } from './commands/project-delete.ts';
import { addProjectList } from './commands/project-list.ts';
import { addProjectSet } from './commands/project-set.ts';
import { addProjectShow } from './commands/project-show.ts';
import { addRoleCreate } from './commands/role-create.ts';
import { addRoleDelete } from './commands/role-delete.ts';
import { addRoleList } from './commands/role-list.ts';
import { addRoleSet } from './commands/role-set.ts';
import { addRoleShow } from './commands/role-show.ts';
import { addTemplateApply } from './commands/template-apply.ts';
import { addTemplateCompare } from './commands/template-compare.ts';
import { addTemplateCreate } from './commands/template-create.ts';
import { addTemplateDelete } from './commands/template-delete.ts';
import { addTemplateHistory } from './commands/template-history.ts';
import { addTemplateList } from './commands/template-list.ts';
import { addTemplateSet } from './commands/template-set.ts';
import { addTemplateShow } from './commands/template-show.ts';
import { addUserCreate } from './commands/user-create.ts';
import { addUserDelete } from './commands/user-delete.ts';
import { addUserList } from './commands/user-list.ts';
import { addUserSet } from './commands/user-set.ts';
import { addUserShow } from './commands/user-show.ts';
import { addServe } from './commands/serve.ts';
import { createRegister } from './register.ts';

/** The whole command line. `exitOverride` is on: nothing in it ends the process, commander throws CommanderError instead. */
export function createProgram(io: CommandIo): Command {
  const program = new Command('larder')
    .description('Back up and restore MongoDB with a Larder server.')
    .version(io.version, '--version', 'show the version of this program')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are rendered once, by runCli; help that commander sends here because a subcommand is missing is kept.
      writeErr: (text) => void io.stderr.write(text),
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
    })
    .helpCommand(false)
    .showHelpAfterError(false);
  const register = createRegister(io);

  addServe(program, register);
  const instance = program
    .command('instance')
    .description('the MongoDB deployments that Larder backs up, and those that it starts');
  for (const add of [addInstanceAdopt, addInstanceCreate, addInstanceList, addInstanceShow, addInstanceSet, addInstanceRename])
    add(instance, register);
  for (const add of [addInstanceRestart, addInstanceSwitchover, addInstanceTls, addInstancePort, addInstanceResetPassword])
    add(instance, register);
  for (const add of [addInstanceParameters, addInstanceDelete, addInstanceRecycled]) add(instance, register);
  const template = program.command('template').description('parameter templates: values for the servers of instances');
  for (const add of [addTemplateList, addTemplateShow, addTemplateCreate, addTemplateSet, addTemplateApply])
    add(template, register);
  for (const add of [addTemplateCompare, addTemplateHistory, addTemplateDelete]) add(template, register);
  const backup = program.command('backup').description('take, list, show, delete, export and import backups');
  for (const add of [addBackupCreate, addBackupList, addBackupShow, addBackupDelete, addBackupExport, addBackupImport])
    add(backup, register);
  const policy = program.command('policy').description('automated backups: when they are made and how long they are kept');
  for (const add of [addPolicyShow, addPolicySet]) add(policy, register);
  addRestore(program, register);
  addHistory(program, register);
  addDrillSchedule(addDrill(program, register), register);
  const job = program.command('job').description('what the server works on');
  for (const add of [addJobShow, addJobWait, addJobCancel]) add(job, register);
  const accessKey = program.command('access-key').description('keys for clients that sign their requests');
  for (const add of [addAccessKeyCreate, addAccessKeyList, addAccessKeyDelete]) add(accessKey, register);
  const user = program.command('user').description('who may use Larder');
  for (const add of [addUserCreate, addUserList, addUserShow, addUserSet, addUserDelete]) add(user, register);
  const project = program.command('project').description('projects, which know nothing of each other');
  for (const add of [addProjectCreate, addProjectList, addProjectShow, addProjectSet, addProjectDelete]) add(project, register);
  const role = program.command('role').description('what users may do');
  for (const add of [addRoleCreate, addRoleList, addRoleShow, addRoleSet, addRoleDelete]) add(role, register);
  addAuditList(program.command('audit').description('who changed what'), register);
  const repository = program
    .command('repository')
    .description("check, prune and recover the repository of this machine's settings, and change its key");
  for (const add of [addRepositoryCheck, addRepositoryPrune, addRepositoryRecover, addRepositoryTakeOver, addRepositoryChangeKey])
    add(repository, register);
  return program;
}
