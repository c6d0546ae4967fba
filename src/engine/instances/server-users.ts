import { LarderError } from '../../core/errors.ts';
import { connect, serverErrorCode, translateMongoError } from '../../mongo/connect.ts';
import type { ServerUser } from '../../provider/instance-provider.ts';

interface At {
  readonly uri: string;
  readonly signal: AbortSignal;
}

const userNotFound = 11;
const writeConcern = { w: 'majority', wtimeout: 30_000 };

/** Makes the user one who may do everything and has this password; with `keep`, one that is there already stays as it is. */
export async function setAdministrator(
  { uri, signal }: At,
  user: ServerUser,
  { keep }: { readonly keep: boolean },
): Promise<void> {
  await using connection = await connect(uri, { signal });
  const admin = connection.client.db('admin');
  const roles = [{ role: 'root', db: 'admin' }];
  try {
    const { users } = await admin.command({ usersInfo: user.name }, { signal });
    const exists = (users as unknown[]).length > 0;
    if (exists && keep) return;
    await admin.command(
      { [exists ? 'updateUser' : 'createUser']: user.name, pwd: user.password, roles, writeConcern },
      { signal },
    );
  } catch (error) {
    throw translateMongoError(error, 'instance-unreachable', 'the administrator of the instance could not be set');
  }
}

/** Gives a user of a database a new password. `db-user-not-found`, `instance-unreachable`. */
export async function setPassword(
  { uri, signal }: At,
  { name, db, password }: ServerUser & { readonly db: string },
): Promise<void> {
  await using connection = await connect(uri, { signal });
  try {
    await connection.client.db(db).command({ updateUser: name, pwd: password, writeConcern }, { signal });
  } catch (error) {
    if (serverErrorCode(error) === userNotFound) throw new LarderError('db-user-not-found', `There is no such user in ${db}.`);
    throw translateMongoError(error, 'instance-unreachable', 'the password could not be changed');
  }
}
