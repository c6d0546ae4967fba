/**
 * Maps in order with up to `ahead` calls under way, so that reading and unpacking overlap with what the consumer does.
 * The first error ends the iteration; stopping early leaves at most `ahead` calls to finish unheard.
 */
export async function* readAhead<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  ahead: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const result = map(item);
    result.catch(() => undefined); // heard when its turn comes
    running.push(result);
    if (running.length >= ahead) yield await running.shift()!;
  }
  for (const result of running) yield await result;
}
