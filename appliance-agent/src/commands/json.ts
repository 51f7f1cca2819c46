/** JSON for scripts: counters of 64 bits become numbers where they fit one exactly, and text where they do not. */
export function formatJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, it: unknown) => {
      if (it instanceof Map) return Object.fromEntries(it as Map<string, unknown>);
      if (it instanceof Uint8Array) return Buffer.from(it).toString("hex");
      if (typeof it !== "bigint") return it;
      return it <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(it) : it.toString();
    },
    2,
  );
}
