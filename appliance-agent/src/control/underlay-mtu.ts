import type { Condition } from "../health/readiness";
import { GWLB_MTU_BYTES } from "../rules/gwlb-mtu";

/** The interface on which GENEVE arrives, as it is. */
export interface Underlay {
  readonly name: string;
  readonly hook: "tc" | "xdp";
  /** Bytes of an IP packet; undefined when there is no such interface. */
  readonly mtu: number | undefined;
  /** Features that are on and merge GENEVE packets. @default - not known */
  readonly merging?: readonly string[];
}

/** IPv4, UDP, GENEVE and AWS's three options: 20, 8, 8 and 32 bytes (RFC 8926 §3.1). */
const ENCAPSULATION_BYTES = 68;

/** Largest packet of the internet: what an appliance that hairpins by XDP must take at least. */
const INTERNET_MTU = 1500;

/**
 * Whether every packet that the load balancer may send fits. The interface drops a longer one without a word, and the
 * connection hangs when its first full packet comes.
 *
 * XDP asks for less: native XDP without multi-buffer support, as ENA's, takes an MTU of some 3.5 KB at most, so that who
 * chooses it has to live with shorter packets.
 */
export function underlayMtu({ name, hook, mtu }: Underlay): Condition {
  const condition = (ok: boolean, detail: string): Condition => ({ name: "underlay-mtu", ok, detail });
  if (mtu === undefined) return condition(false, `underlay interface ${name}: not found; see the condition data-path`);
  const inner = hook === "xdp" ? INTERNET_MTU : GWLB_MTU_BYTES;
  const least = inner + ENCAPSULATION_BYTES;
  if (mtu < least)
    return condition(
      false,
      `underlay interface ${name}: MTU below ${least} (packets of ${inner} bytes and ${ENCAPSULATION_BYTES} of GENEVE), ` +
        `got ${mtu}; ip link set dev ${name} mtu ${hook === "xdp" ? least : 9001}`,
    );
  return condition(true, `${name} takes packets of ${Math.min(mtu - ENCAPSULATION_BYTES, GWLB_MTU_BYTES)} bytes`);
}
