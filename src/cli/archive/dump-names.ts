import { createHash } from 'node:crypto';

/** With the longest ending, `.metadata.json.gz`, a name may then have the 255 bytes of a file system. */
const longestName = 238;
const keptOfLonger = 208;

/** What Go leaves alone in a segment of a path although JavaScript does not, and the other way round. */
const leftAlone: ReadonlyMap<string, string> = new Map(
  ['$', '&', '+', ':', '=', '@'].map((character) => [encodeURIComponent(character), character]),
);

/** The name that mongodump gives the files of a collection, without an ending: escaped like a segment of a URL, and cut with a hash behind it where it is too long. */
export function dumpFileName(collection: string): string {
  const escaped = encodeURIComponent(collection)
    .replaceAll(/%(?:24|26|2B|3A|3D|40)/g, (code) => leftAlone.get(code) ?? code)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  if (escaped.length <= longestName) return escaped;
  return `${escaped.slice(0, keptOfLonger)}%24${createHash('sha1').update(collection).digest('base64url')}`;
}
