/** A JSON object as a Map: unlike an object it keeps the order of names that look like numbers. A name given twice: the last one counts. */
export type OrderedJson = string | number | boolean | null | readonly OrderedJson[] | ReadonlyMap<string, OrderedJson>;

const longNumber = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const blanks = /[ \t\n\r]*/y;
/** Up to the closing quote; what is in it is looked at by the parser of the language. */
const quoted = /"(?:[^"\\]|\\.)*"/y;
const literals: ReadonlyMap<string, null | boolean> = new Map([
  ['null', null],
  ['true', true],
  ['false', false],
]);

/** Parses JSON; SyntaxError for what is none, and for what is nested deeper than `depth`. */
export function parseOrderedJson(text: string, depth = 200): OrderedJson {
  let at = 0;

  const fail = (): never => {
    throw new SyntaxError(`no JSON at character ${at}`);
  };
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found === undefined) return fail();
    at += found.length;
    return found;
  };
  const next = (character: string): boolean => {
    take(blanks);
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const string = (): string => JSON.parse(take(quoted)) as string;

  const value = (left: number): OrderedJson => {
    if (left === 0) throw new SyntaxError(`nested deeper than ${depth}`);
    take(blanks);
    const character = text[at];
    if (character === '"') return string();
    if (next('{')) return object(left - 1);
    if (next('[')) return list(left - 1);
    for (const [word, meaning] of literals) {
      if (!text.startsWith(word, at)) continue;
      at += word.length;
      return meaning;
    }
    return Number(take(longNumber));
  };
  const object = (left: number): OrderedJson => {
    const fields = new Map<string, OrderedJson>();
    if (next('}')) return fields;
    do {
      take(blanks);
      const name = string();
      if (!next(':')) fail();
      fields.set(name, value(left));
    } while (next(','));
    if (!next('}')) fail();
    return fields;
  };
  const list = (left: number): OrderedJson => {
    const items: OrderedJson[] = [];
    if (next(']')) return items;
    do items.push(value(left));
    while (next(','));
    if (!next(']')) fail();
    return items;
  };

  const parsed = value(depth);
  take(blanks);
  if (at < text.length) fail();
  return parsed;
}
