/**
 * Runs in a process of its own, so that it can be stopped: downloads the mongod of a release for this system and writes its path to
 * standard output. Arguments: version, folder.
 */
import { MongoBinary } from 'mongodb-memory-server-core';

const [version, folder] = process.argv.slice(2);
if (version === undefined || folder === undefined) throw new Error('usage: mongod-download-process VERSION FOLDER');

try {
  const path = await MongoBinary.getPath({ version, downloadDir: folder, checkMD5: true });
  // What the package itself prints about its progress goes the same way, hence a line that can be told from it.
  process.stdout.write(`\nmongod: ${path}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
