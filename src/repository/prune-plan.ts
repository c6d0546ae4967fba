import type { MarkedKind } from './object-names.ts';

/** An object of a kind that prune may free. */
export interface PrunableObject {
  readonly kind: MarkedKind;
  /** 64 hex digits. */
  readonly name: string;
  readonly size: number;
}

/** What is stored in a project, read before anything is decided. */
export interface PruneFacts {
  readonly objects: readonly PrunableObject[];
  /** Names that manifests reach, of each kind. */
  readonly referenced: Readonly<Record<MarkedKind, ReadonlySet<string>>>;
  /** When each marked object was marked, in milliseconds since 1970; of each kind by name. */
  readonly marks: Readonly<Record<MarkedKind, ReadonlyMap<string, number>>>;
}

/** What prune would do. Nothing is listed twice. */
export interface PrunePlan {
  /** Unreferenced and marked for the grace time: freed now. */
  readonly remove: readonly PrunableObject[];
  /** Unreferenced and not marked yet: the first phase. */
  readonly mark: readonly PrunableObject[];
  /** Marked, and the grace time is not over. */
  readonly waiting: readonly PrunableObject[];
  /** Marks to take away: of objects that are referenced again or are gone. */
  readonly unmark: readonly { readonly kind: MarkedKind; readonly name: string }[];
}

/** Decides what to do about each object. `now`, before the manifests were listed, and `grace` in milliseconds. */
export function planPrune(facts: PruneFacts, now: number, grace: number): PrunePlan {
  const remove: PrunableObject[] = [];
  const mark: PrunableObject[] = [];
  const waiting: PrunableObject[] = [];
  const unmark: { kind: MarkedKind; name: string }[] = [];
  const stored: Record<MarkedKind, Set<string>> = { packs: new Set(), layers: new Set() };
  for (const object of facts.objects) {
    const { kind, name } = object;
    stored[kind].add(name);
    const marked = facts.marks[kind].get(name);
    if (facts.referenced[kind].has(name)) {
      if (marked !== undefined) unmark.push({ kind, name });
    } else if (marked === undefined) mark.push(object);
    // A mark from the future comes from a clock that was set back since: it waits, it is not trusted.
    else if (now - marked >= grace) remove.push(object);
    else waiting.push(object);
  }
  for (const kind of ['packs', 'layers'] as const) {
    for (const name of facts.marks[kind].keys()) if (!stored[kind].has(name)) unmark.push({ kind, name });
  }
  return { remove, mark, waiting, unmark };
}

/** Sum of the sizes in bytes. */
export function totalSize(objects: readonly PrunableObject[]): number {
  return objects.reduce((sum, object) => sum + object.size, 0);
}
