import { z } from "zod";

const listen = z.strictObject({ namespace: z.string(), address: z.string(), port: z.int() });

/** What the process of the lab's servers reads. */
export const servicesConfigurationSchema = z.strictObject({
  /** PEM files. */
  certificate: z.string(),
  key: z.string(),
  /** Web servers without and with TLS. */
  web: z.array(listen),
  webTls: z.array(listen),
  storage: z.strictObject({ listen, folder: z.string() }),
  metadata: z.array(
    z.strictObject({
      listen,
      instance: z.strictObject({
        instanceId: z.string(),
        region: z.string(),
        zone: z.string(),
        localIpv4: z.string(),
        role: z.string().optional(),
      }),
    }),
  ),
});

/** The servers of a lab. */
export type ServicesConfiguration = z.infer<typeof servicesConfigurationSchema>;
