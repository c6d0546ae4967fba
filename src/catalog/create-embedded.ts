// Makes an empty embedded database in the folder named by the first argument, and ends. It is a program of its own because making
// one takes over a gigabyte of memory for some seconds, which the server would keep as its peak.
import { PGlite } from '@electric-sql/pglite';

const [, , folder] = process.argv;
if (folder === undefined) throw new TypeError('the folder of the database must be given');
const database = await PGlite.create({ dataDir: folder });
await database.close();
