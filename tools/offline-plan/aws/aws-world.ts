import { parseCIDR } from "ipaddr.js";
import { Numbering } from "../planning/numbering";
import type { CtyObject, CtyValue } from "../protocol/cty-value";

/** A resource that exists in the offline AWS. */
export interface Existing {
  readonly type: string;
  readonly state: CtyObject;
}

/** The account that every offline plan happens in. AWS's own documentation uses this number. */
export const ASSUMED_ACCOUNT = "123456789012";

/** What exists in one run's AWS: resources by id, and the numbers that were given out. */
export class AwsWorld {
  private readonly resources = new Map<string, Existing>();
  private readonly addresses = new Set<string>();

  constructor(
    readonly account: string = ASSUMED_ACCOUNT,
    readonly numbering = new Numbering(),
  ) {}

  remember(type: string, state: CtyObject): void {
    if (typeof state["id"] === "string") this.resources.set(`${type} ${state["id"]}`, { type, state });
  }

  forget(type: string, state: CtyObject): void {
    this.resources.delete(`${type} ${String(state["id"])}`);
  }

  /** A resource by the id that its kind calls `id`. */
  get(type: string, id: CtyValue | undefined): CtyObject | undefined {
    return this.resources.get(`${type} ${String(id)}`)?.state;
  }

  all(type: string): CtyObject[] {
    return [...this.resources.values()].filter((it) => it.type === type).map((it) => it.state);
  }

  /**
   * A free IPv4 address of a subnet. The first four and the last are AWS's own.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
   */
  privateAddress(subnet: CtyObject | undefined, number: string): string {
    const cidr = typeof subnet?.["cidr_block"] === "string" ? subnet["cidr_block"] : "10.0.0.0/24";
    const [base, bits] = parseCIDR(cidr);
    const first = base.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
    const size = Math.max(1, 2 ** (32 - bits) - 5);
    const start = Number.parseInt(number.slice(0, 6), 16) % size;
    for (let step = 0; step < size; step++) {
      const address = dotted(first + 4 + ((start + step) % size));
      const key = `${String(subnet?.["id"])} ${address}`;
      if (this.addresses.has(key)) continue;
      this.addresses.add(key);
      return address;
    }
    return dotted(first + 4 + start);
  }
}

/** An address of the documentation range 203.0.113.0/24, which nobody has. @see RFC 5737 */
export function publicAddress(number: string): string {
  return `203.0.113.${1 + (Number.parseInt(number.slice(0, 4), 16) % 254)}`;
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
