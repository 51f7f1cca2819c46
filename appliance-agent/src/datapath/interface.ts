import { readFileSync, readdirSync } from "node:fs";

/** A network interface of this namespace. */
export interface Interface {
  readonly name: string;
  readonly index: number;
  /** 6 bytes; empty for an interface without link layer, as TUN. */
  readonly mac: Uint8Array;
}

/** @returns undefined when there is none of this name */
export function findInterface(name: string): Interface | undefined {
  try {
    const address = readFileSync(`/sys/class/net/${name}/address`, "utf8").trim();
    return { name, index: interfaceIndex(name), mac: Buffer.from(address.replaceAll(":", ""), "hex") };
  } catch (error) {
    if (["ENOENT", "ENODEV", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** @throws Error when there is none of this name */
export function requireInterface(name: string): Interface {
  const found = findInterface(name);
  if (found) return found;
  throw new Error(`underlay interface: not found, got ${name}; there are ${readdirSync("/sys/class/net").join(", ")}`);
}

/** The name of an index, or undefined. */
export function interfaceName(index: number): string | undefined {
  return readdirSync("/sys/class/net").find((name) => findInterface(name)?.index === index);
}

function interfaceIndex(name: string): number {
  return Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8"));
}
