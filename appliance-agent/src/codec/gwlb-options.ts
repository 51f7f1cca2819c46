import { byteView } from "./byte-view";
import { DecodeError } from "./decode-error";
import { EncodeError, requireBits } from "./encode-error";
import { GeneveOption } from "./geneve-option";

/** Option class of AWS. https://www.iana.org/assignments/nvo3 (0x0108 to 0x0110: Amazon.com, Inc.) */
export const AWS_OPTION_CLASS = 0x0108;

/** Option types of a Gateway Load Balancer, and the bytes of their data. */
export const GWLB_OPTION = {
  endpointId: { type: 1, length: 8 },
  attachmentId: { type: 2, length: 8 },
  flowCookie: { type: 3, length: 4 },
} as const;

/**
 * What a Gateway Load Balancer says about a packet in three GENEVE options, and wants back unchanged.
 *
 * @see https://aws.amazon.com/blogs/networking-and-content-delivery/integrate-your-custom-logic-or-appliance-with-aws-gateway-load-balancer/
 */
export interface GwlbOptions {
  /** The GWLB endpoint that the packet came through (the number of its network interface), 64 bits. */
  readonly endpointId: bigint;
  /** The attachment to the customer's VPC, 64 bits. */
  readonly attachmentId: bigint;
  /** Names the flow in the load balancer, 32 bits; the same 5-tuple may get another one later. */
  readonly flowCookie: number;
}

/**
 * Finds AWS's three options in any order among others.
 *
 * @throws DecodeError when one is missing, there twice, or of another length
 */
export function decodeGwlbOptions(options: readonly GeneveOption[]): GwlbOptions {
  return {
    endpointId: byteView(optionData(options, "endpointId")).getBigUint64(0),
    attachmentId: byteView(optionData(options, "attachmentId")).getBigUint64(0),
    flowCookie: byteView(optionData(options, "flowCookie")).getUint32(0),
  };
}

function optionData(options: readonly GeneveOption[], name: keyof typeof GWLB_OPTION): Uint8Array {
  const { type, length } = GWLB_OPTION[name];
  const found = options.filter((option) => option.optionClass === AWS_OPTION_CLASS && option.type === type);
  const [option] = found;
  if (option === undefined || found.length > 1) {
    throw new DecodeError(
      "value",
      `GWLB option ${name}: not exactly once, got ${found.length} times; class 0x0108 type ${type}`,
    );
  }
  if (option.data.length !== length) {
    throw new DecodeError("length", `GWLB option ${name}: wrong length, got ${option.data.length} bytes; ${length}`);
  }
  return option.data;
}

/** The three options in the order in which a Gateway Load Balancer writes them; `encodeGeneveOptions` makes 32 bytes. */
export function encodeGwlbOptions(options: GwlbOptions): GeneveOption[] {
  const cookie = new Uint8Array(4);
  byteView(cookie).setUint32(0, requireBits("GWLB flow cookie", options.flowCookie, 32));
  return [
    gwlbOption(GWLB_OPTION.endpointId.type, bytesOfId("GWLB endpoint id", options.endpointId)),
    gwlbOption(GWLB_OPTION.attachmentId.type, bytesOfId("GWLB attachment id", options.attachmentId)),
    gwlbOption(GWLB_OPTION.flowCookie.type, cookie),
  ];
}

function gwlbOption(type: number, data: Uint8Array): GeneveOption {
  return { optionClass: AWS_OPTION_CLASS, critical: false, type, reserved: 0, data };
}

function bytesOfId(field: string, id: bigint): Uint8Array {
  if (id < 0n || id > 0xffff_ffff_ffff_ffffn) {
    throw new EncodeError(`${field}: does not fit, got ${id}; write a number of 64 bits`);
  }
  const bytes = new Uint8Array(8);
  byteView(bytes).setBigUint64(0, id);
  return bytes;
}

/** An endpoint id as rules, logs and metrics write it: 16 hexadecimal digits. */
export function formatEndpointId(id: bigint): string {
  return id.toString(16).padStart(16, "0");
}
