/** The constants of repository format 1 (docs/repository-format.md). Changing one changes the format. */
export const formatVersion = 1;

export const headerKey = 'larder.json';

/** Kind byte of a block. */
export const documentsKind = 1;
export const removalsKind = 2;
export const updatesKind = 3;

export const tagLength = 16;
export const nonceLength = 12;

export const packMagic = Buffer.from('LRDPACK\x01', 'latin1');
export const packEndMagic = Buffer.from('LRDPEND\x01', 'latin1');
export const packSaltLength = 32;
/** Magic and salt. */
export const packHeadLength = 8 + packSaltLength;
/** Footer length, block count, magic. */
export const packTrailerLength = 16;
export const footerEntryLength = 52;

/** Bounds of a block's raw length when it is cut. */
export const smallestBlock = 256 * 1024;
export const largestBlock = 4 * 1024 * 1024;
/** Mean of what comes after the smallest length, so that blocks are about 1 MiB. */
export const meanBlockRest = 768 * 1024;

/** A pack is closed when it would grow beyond this. */
export const packTarget = 8 * 1024 * 1024;

/** A layer with less raw data than this is stored within its layer list. */
export const inlineLimit = 256 * 1024;

/** What a reader refuses, so that a hostile object costs bounded memory before it is authenticated. */
export const limits = {
  blockRaw: 64 * 1024 * 1024,
  pack: 256 * 1024 * 1024,
  footerBlocks: 65_536,
  envelopeRaw: 1024 * 1024 * 1024,
  segmentRaw: 64 * 1024 * 1024,
  header: 64 * 1024,
} as const;
