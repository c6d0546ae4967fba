/** A restore that was made, as a whole: what it brought and how long it took. */
export interface RestoreSample {
  readonly bytes: number;
  readonly seconds: number;
  /** True if it was into the same instance. */
  readonly sameTarget: boolean;
}

/** How long a restore may take, and why we think so. */
export interface ExpectedTime {
  readonly seconds: number;
  readonly bytesPerSecond: number;
  /** `this-instance`: earlier restores into it; `others`: other restores and drills; `assumed`: nothing of about that size is known. */
  readonly basis: 'this-instance' | 'others' | 'assumed';
  /** Restores that the rate comes from. */
  readonly samples: number;
}

/** What one fairly busy disk and two cores do, everything included. */
const assumedBytesPerSecond = 20_000_000;
/** Making, comparing and renaming one collection, however small. */
const assumedSecondsEach = 0.1;
/** Ten megabytes say nothing of ten gigabytes: their time went into other things. */
const farthestFactor = 100;
const samplesUsed = 5;

/** Expects the median rate of the restores nearest in size, into the same instance where there are any. Pure. */
export function expectTime(
  plan: { readonly bytes: number; readonly collections: number },
  samples: readonly RestoreSample[],
): ExpectedTime {
  const distance = ({ bytes }: RestoreSample): number => Math.abs(Math.log(bytes / plan.bytes));
  const near = samples
    .filter(({ bytes, seconds }) => bytes > 0 && seconds > 0)
    .filter((sample) => distance(sample) <= Math.log(farthestFactor))
    .toSorted((a, b) => distance(a) - distance(b));
  const same = near.filter(({ sameTarget }) => sameTarget);
  const used = (same.length > 0 ? same : near).slice(0, samplesUsed);
  if (used.length === 0) {
    const seconds = plan.bytes / assumedBytesPerSecond + plan.collections * assumedSecondsEach;
    return { seconds: rounded(seconds), bytesPerSecond: assumedBytesPerSecond, basis: 'assumed', samples: 0 };
  }
  const rates = used.map(({ bytes, seconds }) => bytes / seconds).toSorted((a, b) => a - b);
  const bytesPerSecond = Math.max(1, Math.round(rates[Math.floor((rates.length - 1) / 2)]!));
  const basis = same.length > 0 ? 'this-instance' : 'others';
  return { seconds: rounded(plan.bytes / bytesPerSecond), bytesPerSecond, basis, samples: used.length };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
