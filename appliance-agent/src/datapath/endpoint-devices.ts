import type { EndpointDevices } from "./data-path";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Of the 62 digits gwlbtun uses 60, so that Y and Z never appear; 64 bits take 11 of them at most. */
const BASE = 60n;

/**
 * The TUN devices of an endpoint, named as AWS's tunnel handler names them, so that hook scripts work with either.
 *
 * @param endpoint 16 hexadecimal digits
 * @see https://github.com/aws-samples/aws-gateway-load-balancer-tunnel-handler (`toBase60` in utils.cpp)
 */
export function endpointDevices(endpoint: string): EndpointDevices {
  const name = base60(BigInt(`0x${endpoint}`));
  return { endpoint, ingress: `gwi-${name}`, egress: `gwo-${name}` };
}

function base60(value: bigint): string {
  const digit = DIGITS.charAt(Number(value % BASE));
  return value < BASE ? digit : base60(value / BASE) + digit;
}
