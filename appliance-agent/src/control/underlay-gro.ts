import type { Condition } from "../health/readiness";
import type { Underlay } from "./underlay-mtu";

/**
 * Whether GENEVE packets come one by one. Where GRO merges them, several become one whose outer length is not the inner
 * one's, and all are dropped as `inner_length`: whatever is sent in trains stands still, while single packets pass.
 *
 * @returns nothing where it does not matter, for XDP comes before GRO, or is not known
 */
export function underlayGro({ name, hook, merging }: Underlay): Condition[] {
  if (hook === "xdp" || merging === undefined) return [];
  if (merging.length === 0) return [{ name: "underlay-gro", ok: true, detail: `${name} merges no GENEVE packets` }];
  const features = (state: string) => merging.map((feature) => `${feature} ${state}`).join(" ");
  const detail =
    `underlay interface ${name}: GRO merges GENEVE packets, and merged ones are dropped, got ${features("on")}; ` +
    `ethtool -K ${name} ${features("off")}`;
  return [{ name: "underlay-gro", ok: false, detail }];
}
