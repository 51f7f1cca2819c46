/**
 * The same value for `milliseconds`, then a fresh one: a hundred scrapers cost what one does.
 *
 * @param make called at most once in that time
 * @param now a clock that does not go back, in milliseconds
 */
export function cached<T>(milliseconds: number, make: () => T, now: () => number = () => performance.now()): () => T {
  let last: { readonly value: T; readonly at: number } | undefined;
  return () => {
    if (last === undefined || now() - last.at >= milliseconds) last = { value: make(), at: now() };
    return last.value;
  };
}
