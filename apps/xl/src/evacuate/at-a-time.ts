/** Works on all items, at most so many of them at a time, in their order. */
export async function atATime<T>(
  most: number,
  items: readonly T[],
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  // Whoever is free takes the next from the same iterator.
  const entries = items.entries();
  const worker = async () => {
    for (const [at, item] of entries) await work(item, at);
  };
  await Promise.all(Array.from({ length: most }, worker));
}
