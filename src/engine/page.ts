/** Who asks, for what part of a list, and what a list answers. */

/** Who calls, already authenticated, and the one project the call may touch. */
export interface Caller {
  readonly projectId: string;
  readonly userId: string;
  readonly userName: string;
}

export interface Page {
  /** Rows to skip. */
  readonly offset: number;
  /** 1 to 100. */
  readonly limit: number;
  /** Only rows after the one with this id. */
  readonly marker?: string;
}

export interface Rows<T> {
  readonly rows: readonly T[];
  /** All rows that match, not only the page's. */
  readonly total: number;
}
