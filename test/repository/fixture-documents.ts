import { raw, sampleDocuments } from './sample.ts';

/** What the backups of test/fixtures/repository-v1 hold. Never changes: released repositories must restore for ever. */
export const fixtureDocuments = {
  passphrase: 'fixture passphrase',
  project: '00112233445566778899aabbccddeeff',
  base: (): Buffer[] => sampleDocuments(280, 1_000),
  changed: (): Buffer[] => sampleDocuments(20, 1_000, 100, 'changed'),
  removed: (): Buffer[] => [5, 6, 7].map((_id) => raw({ _id })),
  small: (): Buffer[] => [raw({ _id: 'a', n: 1 }), raw({ _id: 'b', n: 2 })],
} as const;
