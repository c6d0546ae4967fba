const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes for people: `999 B`, `1.5 KiB`, `23.4 MiB`; units of 1024, one decimal place. Negative and broken numbers read as 0. */
export function formatBytes(bytes: number): string {
  let value = Number.isFinite(bytes) && bytes > 0 ? bytes : 0;
  let unit = 0;
  // 1023.95 would be printed as 1024.0, so it already belongs to the next unit.
  while (unit < units.length - 1 && value >= (unit === 0 ? 1023.5 : 1023.95)) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
