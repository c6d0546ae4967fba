/** The one zone of a region, as clouds name their first: the machine of Larder. Orders may name any other; it is kept as it was sent. */
export function zoneOf(region: string): string {
  return `${region}-01`;
}
