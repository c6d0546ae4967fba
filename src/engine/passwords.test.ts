import { createHook } from 'node:async_hooks';
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
  // Counted, not timed: how long it takes depends on what else the machine does.
  let derivations = 0;
  const hook = createHook({ init: (_id, type) => void (type === 'SCRYPTREQUEST' && derivations++) }).enable();
  try {
    for (const of of [hash, null]) {
      derivations = 0;
      expect(await checkPassword('other', of)).toBe(false);
      expect(derivations).toBe(1);
    }
  } finally {
    hook.disable();
  }
});
