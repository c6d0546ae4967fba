/** The driver's carrier of documents that are serialized already; not exported by name, stable since version 6.8. */
declare module 'mongodb/lib/cmap/commands.js' {
  export class DocumentSequence {
    constructor(field: string);
    /** Takes one serialized document; returns the bytes collected so far. */
    push(document: object, bytes: Uint8Array): number;
  }
}
