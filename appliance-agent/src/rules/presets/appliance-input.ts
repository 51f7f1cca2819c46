import { AgentConfiguration } from "../agent-configuration";

/** What every preset takes. */
export interface ApplianceInput {
  /** IPv4 CIDRs of the load balancer's subnets; GENEVE from elsewhere is dropped and counted. */
  readonly geneveSources: readonly string[];
  /**
   * The listener's `tcp.idle_timeout.seconds`, 60 to 6000; the agent remembers a flow ten seconds longer.
   *
   * @default 350
   * @see https://docs.aws.amazon.com/elasticloadbalancing/latest/gateway/gateway-load-balancers.html#idle-timeout
   */
  readonly tcpIdleTimeoutSeconds?: number;
  /**
   * TCP port of `/livez`, `/readyz` and `/metrics`.
   *
   * @default 8080
   */
  readonly healthPort?: number;
  /**
   * Interface on which GENEVE arrives.
   *
   * @default - the one that the main table's default route uses
   */
  readonly underlayInterface?: string;
}

/** What a preset that returns packets where they arrived takes besides {@link ApplianceInput}. */
export interface HairpinInput extends ApplianceInput {
  /**
   * Where the program is attached; `xdp` needs a driver whose native XDP takes the interface's MTU.
   *
   * @default "tc"
   */
  readonly hook?: AgentConfiguration["hook"];
}

/**
 * Seconds by which the agent outlives the load balancer's idle timeout, so that it still knows every flow that the load
 * balancer may still send.
 */
export const FLOW_IDLE_MARGIN_SECONDS = 10;

/** The listener's default idle timeout, in seconds. */
export const DEFAULT_TCP_IDLE_TIMEOUT_SECONDS = 350;

/** The members of a configuration that {@link ApplianceInput} decides, as they stand in the file. */
export function applianceSettings(input: ApplianceInput) {
  const tcpIdleTimeoutSeconds = input.tcpIdleTimeoutSeconds ?? DEFAULT_TCP_IDLE_TIMEOUT_SECONDS;
  return {
    version: 1,
    geneveSources: input.geneveSources,
    flowIdleSeconds: tcpIdleTimeoutSeconds + FLOW_IDLE_MARGIN_SECONDS,
    ...(input.underlayInterface === undefined ? {} : { underlayInterface: input.underlayInterface }),
    health: { ...(input.healthPort === undefined ? {} : { port: input.healthPort }) },
  } as const;
}
