import { resolve } from 'node:path';
import type { Command } from 'commander';
import { withServerOptions } from '../command-context.ts';
import { findInstance } from '../find-by-name.ts';
import { parseDays } from '../parse-days.ts';
import { readAssertions } from '../read-assertions.ts';
import type { Register } from '../register.ts';
import { describeDrillSchedule } from '../render/describe-drill-schedule.ts';
import { usageError } from '../usage-error.ts';

interface Options {
  readonly every?: string;
  readonly startTime?: string;
  readonly proofDays?: string;
  readonly assert?: string;
  readonly off?: true;
}

/** `larder drill schedule`: shows the drills of an instance, after changing them where asked. */
export function addDrillSchedule(drill: Command, register: Register): void {
  const command = drill
    .command('schedule')
    .description('prove the newest backup of an instance again and again; without options: show how that goes')
    .argument('<instance>', 'id or name')
    .option('--every <days>', 'days from one drill to the next, 1 to 366')
    .option('--start-time <window>', 'the hour in which drills begin, in UTC, like 03:00-04:00')
    .option('--proof-days <days>', 'days after which the instance is overdue without a newer proof; one more than --every')
    .option('--assert <file>', 'YAML: a list of namespace, query, and count or documents; kept with the schedule')
    .option('--off', 'hold no more drills by themselves');
  register<Options>(withServerOptions(command), async ({ api: connect, io, renderer }, options, [idOrName = '']) => {
    const { every, startTime, proofDays, assert, off } = options;
    if (every === undefined && (startTime ?? proofDays ?? assert) !== undefined)
      throw usageError('Give --every with the other options: what is not given is the default again.');
    if (every !== undefined && off === true) throw usageError('Give either --every or --off.');
    const body = every === undefined ? null : { every_days: parseDays('--every', every) };
    const proof = proofDays === undefined ? {} : { proof_days: parseDays('--proof-days', proofDays) };
    const questions = assert === undefined ? {} : { assertions: await readAssertions(resolve(io.folder, assert)) };
    const api = await connect();
    const { id } = await findInstance(api, idOrName);
    if (off === true) await api.deleteDrillSchedule(id);
    const state =
      body === null
        ? await api.showDrillSchedule(id)
        : await api.setDrillSchedule(id, {
            ...body,
            ...(startTime === undefined ? {} : { start_time: startTime }),
            ...proof,
            ...questions,
          });
    renderer.result(state, describeDrillSchedule(state));
  });
}
