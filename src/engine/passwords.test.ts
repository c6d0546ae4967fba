import { expect, it } from 'vitest';
import { checkPassword, hashPassword } from './passwords.ts';

it('a password is kept as what scrypt makes of it and a salt of its own, and is known again in every form of Unicode', async () => {
  const hash = await hashPassword('Gr\u00fc\u00dfe-1');
  expect(hash).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  expect(await hashPassword('Gr\u00fc\u00dfe-1')).not.toBe(hash);
  expect(await checkPassword('Gru\u0308\u00dfe-1', hash)).toBe(true);
  expect(await checkPassword('Gr\u00fc\u00dfe-2', hash)).toBe(false);
});

it('what is no hash fits no password, not even an empty one', async () => {
  for (const hash of ['', 'scrypt$1$1$1$$', 'plain', 'scrypt$32768$8$1$AAAA$AAAA'])
    expect(await checkPassword('', hash)).toBe(false);
});

it('a user who does not exist costs the same work as a wrong password', async () => {
  const hash = await hashPassword('Pass-Word_1');
  const work = async (of: string | null): Promise<number> => {
    const { user, system } = process.cpuUsage();
    expect(await checkPassword('other', of)).toBe(false);
    const after = process.cpuUsage();
    return after.user + after.system - user - system;
  };
  const least = async (of: string | null): Promise<number> => Math.min(await work(of), await work(of), await work(of));
  const [known, unknown] = [await least(hash), await least(null)];
  expect(unknown).toBeGreaterThan(known / 3);
  expect(known).toBeGreaterThan(unknown / 3);
});
