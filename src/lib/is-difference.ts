import { documentLength, skipValue } from './raw-bson.ts';

const objectType = 0x03;
const intType = 0x10;
const [letterA, letterD, letterI, letterL, letterS, letterU] = [...'adilsu'].map((letter) => letter.charCodeAt(0));
const [digit0, digit9] = [0x30, 0x39];

/** Whether an element is known: its type, where its name begins and ends, and where its value begins. */
type IsKnown = (buffer: Buffer, type: number, name: number, nameEnd: number, value: number) => boolean;

/**
 * True of an update that `applyUpdate` understands whatever the document is: a difference (`$v: 2`) of the kinds known there. Of
 * modifiers this cannot be told without the document. Looks at the bytes at `start` alone and makes no objects: it is asked of every
 * update in the oplog. Throws RangeError for malformed BSON.
 */
export function isDifference(buffer: Buffer, start = 0): boolean {
  let parts = 0;
  const isPart: IsKnown = (_, type, name, nameEnd, value) => {
    if (parts++ === 0) return isNamed(buffer, name, nameEnd, '$v');
    return isNamed(buffer, name, nameEnd, 'diff') && type === objectType && everyElement(buffer, value, isKnownSection);
  };
  return everyElement(buffer, start, isPart) && parts === 2;
}

const isKnownSection: IsKnown = (buffer, type, name, nameEnd, value) => {
  if (type !== objectType || name === nameEnd) return false;
  const letter = buffer[name];
  if (letter === letterS) return isKnownDiff(buffer, value);
  return nameEnd === name + 1 && (letter === letterD || letter === letterU || letter === letterI);
};

const isKnownOfArray: IsKnown = (buffer, type, name, nameEnd, value) => {
  const letter = buffer[name];
  if (nameEnd === name + 1) return letter === letterA || (letter === letterL && type === intType);
  for (let at = name + 1; at < nameEnd; at++) if (buffer[at]! < digit0 || buffer[at]! > digit9) return false;
  return letter === letterU || (letter === letterS && type === objectType && isKnownDiff(buffer, value));
};

/** Of an array if its first field is `a`, else of an object. */
function isKnownDiff(buffer: Buffer, start: number): boolean {
  const ofArray = buffer[start + 5] === letterA && buffer[start + 6] === 0;
  return everyElement(buffer, start, ofArray ? isKnownOfArray : isKnownSection);
}

function everyElement(buffer: Buffer, start: number, isKnown: IsKnown): boolean {
  const last = start + documentLength(buffer, start) - 1;
  for (let at = start + 4; at < last;) {
    const type = buffer[at]!;
    let nameEnd = at + 1;
    while (nameEnd < last && buffer[nameEnd] !== 0) nameEnd++;
    if (!isKnown(buffer, type, at + 1, nameEnd, nameEnd + 1)) return false;
    at = skipValue(buffer, type, nameEnd + 1);
  }
  return true;
}

function isNamed(buffer: Buffer, from: number, to: number, name: string): boolean {
  if (to - from !== name.length) return false;
  for (let n = 0; n < name.length; n++) if (buffer[from + n] !== name.charCodeAt(n)) return false;
  return true;
}
