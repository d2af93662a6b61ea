/**
 * Maps items with at most `limit` calls under way; results come in the order of the items. After the first error no
 * further call is started; those under way are awaited, so that nothing goes on behind the caller's back.
 * @throws the error of the first item, in order, that failed
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const errors: Array<{ index: number; error: unknown }> = [];
  let next = 0;
  async function work(): Promise<void> {
    while (next < items.length && errors.length === 0) {
      const index = next++;
      try {
        results[index] = await map(items[index]!);
      } catch (error) {
        errors.push({ index, error });
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(Math.max(limit, 1), items.length) }, work));
  const first = errors.toSorted((a, b) => a.index - b.index)[0];
  if (first) throw first.error;
  return results;
}
