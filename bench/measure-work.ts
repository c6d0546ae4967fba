// `node bench/measure-work.ts NAME JSON`: does one piece of work alone in its process and prints, as JSON, what it took (see measure-apart.ts).
import { MongoClient } from 'mongodb';
import { backup, restore } from './file-repository.ts';
import { insertDump } from './insert-dump.ts';
import type { MeasuredWork, Prepare, Taken, WorkName } from './measured-work.ts';
import { take } from './take.ts';
import { codec, scan, scanToFile, scanToGzip } from './bare-scan.ts';

const works: { readonly [Name in WorkName]: Prepare<Name> } = {
  scan,
  'scan-to-file': scanToFile,
  'scan-to-gzip': scanToGzip,
  codec,
  backup,
  restore,
  inserts: insertDump,
};

const [name = '', of = ''] = process.argv.slice(2);
if (!Object.hasOwn(works, name)) throw new Error(`there is no work ${name}`);
process.stdout.write(JSON.stringify(await measure(name as WorkName, JSON.parse(of))));

async function measure<Name extends WorkName>(
  work: Name,
  asked: MeasuredWork[Name]['of'],
): Promise<Taken<MeasuredWork[Name]['result']>> {
  await using opened = new AsyncDisposableStack();
  const connect = async (): Promise<MongoClient> => opened.use(await new MongoClient(String(asked.uri)).connect());
  return await take(await works[work](asked, connect));
}
