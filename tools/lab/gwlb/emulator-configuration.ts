import { z } from "zod";

/** Namespace of the emulated load balancer, without the lab's prefix. */
export const GATEWAY_LOAD_BALANCER_HOST = "gwlb";

const mac = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
const endpointId = z.string().regex(/^[0-9a-f]{16}$/);

/** What the emulator's process reads: the load balancer as the plan has it, and where it is in the lab. */
export const emulatorConfigurationSchema = z.strictObject({
  endpoints: z.array(
    z.strictObject({
      /** In the load balancer's namespace. */
      interface: z.string(),
      id: endpointId,
      attachment: endpointId,
      zone: z.string(),
      mac,
      routerMac: mac,
    }),
  ),
  nodes: z.array(z.strictObject({ zone: z.string(), interface: z.string(), address: z.ipv4() })),
  targets: z.array(z.strictObject({ name: z.string(), address: z.ipv4(), zone: z.string() })),
  tcpIdleSeconds: z.int().min(1),
  /** AWS's own: 120 for everything but TCP, not configurable. */
  otherIdleSeconds: z.int().min(1),
  stickiness: z.enum(["5-tuple", "3-tuple", "2-tuple"]),
  failover: z.enum(["no_rebalance", "rebalance"]),
  crossZone: z.boolean(),
  healthCheck: z.strictObject({
    protocol: z.enum(["TCP", "HTTP"]),
    port: z.int(),
    path: z.string(),
    matcher: z.string(),
    intervalSeconds: z.number().positive(),
    timeoutSeconds: z.number().positive(),
    healthyThreshold: z.int().min(1),
    unhealthyThreshold: z.int().min(1),
  }),
});

/** What AWS changes in a load balancer that runs: attributes of its listener and its target group. */
export const attributesSchema = emulatorConfigurationSchema
  .pick({ tcpIdleSeconds: true, otherIdleSeconds: true, stickiness: true, failover: true, healthCheck: true })
  .partial();

/** Changed attributes of a load balancer in the lab. */
export type Attributes = z.infer<typeof attributesSchema>;

/** A load balancer in the lab. */
export type EmulatorConfiguration = z.infer<typeof emulatorConfigurationSchema>;
