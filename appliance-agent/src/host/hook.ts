import { runProgram } from "./run-program";
import type { EndpointDevices } from "../datapath/data-path";

/** For a create script: gwlbtun's own call `aws` and `modprobe`. */
const TIMEOUT_MS = 60_000;

/** Hexadecimal digits of an endpoint's id in `vpce-...`, and so in gwlbtun's fourth argument: `MakeENIStr` in its utils.cpp. */
const ENDPOINT_DIGITS = 17;

/**
 * Calls a script as gwlbtun does: `CREATE|DESTROY gwi-X gwo-X <endpoint id, 17 hexadecimal digits>`.
 *
 * @returns what it printed
 * @throws Error with its exit code and output
 * @see https://github.com/aws-samples/aws-gateway-load-balancer-tunnel-handler, README, "example-scripts"
 */
export function runHook(program: string, event: "CREATE" | "DESTROY", devices: EndpointDevices): Promise<string> {
  return runProgram(
    [program, event, devices.ingress, devices.egress, devices.endpoint.padStart(ENDPOINT_DIGITS, "0")],
    { timeoutMs: TIMEOUT_MS },
  );
}
