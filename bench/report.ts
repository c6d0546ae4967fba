/** One measured figure. Ratios compare things of the same run; absolute times only say how large it was. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What was promised, where something was: `at most` or `at least` this. */
  readonly limit?: { readonly kind: 'at most' | 'at least'; readonly value: number };
}

/** Prints figures as JSON lines on standard output and as a table on standard error. Returns how many miss their limit. */
export function reportFigures(scenario: string, figures: readonly Figure[]): number {
  let missed = 0;
  const width = Math.max(...figures.map(({ name }) => name.length));
  process.stderr.write(`\n${scenario}\n`);
  for (const { name, value, unit, limit } of figures) {
    const kept = limit === undefined || (limit.kind === 'at most' ? value <= limit.value : value >= limit.value);
    if (!kept) missed++;
    const promise = limit === undefined ? '' : `  (${limit.kind} ${limit.value}: ${kept ? 'kept' : 'MISSED'})`;
    process.stderr.write(`  ${name.padEnd(width)}  ${rounded(value).padStart(12)} ${unit}${promise}\n`);
    process.stdout.write(`${JSON.stringify({ scenario, name, value, unit, ...(limit === undefined ? {} : { limit, kept }) })}\n`);
  }
  return missed;
}

function rounded(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}
