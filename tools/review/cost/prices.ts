import { z } from "zod";
import table from "./prices.json";

const amount = z.number().min(0);

const regionSchema = z.strictObject({
  gatewayLoadBalancerHour: amount.optional(),
  gatewayLoadBalancerEndpointHour: amount.optional(),
  interfaceEndpointHour: amount.optional(),
  applicationLoadBalancerHour: amount.optional(),
  networkLoadBalancerHour: amount.optional(),
  natGatewayHour: amount.optional(),
  publicIpv4Hour: amount.optional(),
  transitGatewayAttachmentHour: amount.optional(),
  /** A volume's GiB for a month of 730 hours, by volume type. */
  gibMonth: z.record(z.string(), amount).optional(),
  /** Linux, on demand, by instance type. */
  instanceHour: z.record(z.string(), amount).optional(),
});

const pricesSchema = z.strictObject({
  currency: z.string(),
  /** Date of the newest price in the table. */
  asOf: z.iso.date(),
  /** Where the prices come from. */
  source: z.string(),
  regions: z.record(z.string(), regionSchema),
});

/** What things cost, as somebody looked it up on a day. */
export type Prices = z.infer<typeof pricesSchema>;

/** The prices of one region. */
export type RegionPrices = z.infer<typeof regionSchema>;

/** The table that comes with the project. */
export const PRICES: Prices = pricesSchema.parse(table);

/**
 * Reads a price file; its regions are laid over those of the table that comes with the project.
 *
 * @throws Error when the text is no such file
 */
export function parsePrices(text: string, file: string): Prices {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(
      `${file}: not JSON, got ${JSON.stringify(text.slice(0, 30))}; copy tools/review/cost/prices.json and change it`,
      { cause: error },
    );
  }
  const parsed = pricesSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${file}: ${issue?.path.join(".") || "the file"}: ${issue?.message ?? "invalid"}, got ${JSON.stringify(json).slice(0, 60)}; copy tools/review/cost/prices.json and change it`,
    );
  }
  const own = parsed.data;
  const regions = Object.fromEntries(
    [...new Set([...Object.keys(PRICES.regions), ...Object.keys(own.regions)])].map((region) => [
      region,
      merged(PRICES.regions[region] ?? {}, own.regions[region] ?? {}),
    ]),
  );
  return { ...own, regions };
}

function merged(base: RegionPrices, own: RegionPrices): RegionPrices {
  return {
    ...base,
    ...own,
    gibMonth: { ...base.gibMonth, ...own.gibMonth },
    instanceHour: { ...base.instanceHour, ...own.instanceHour },
  };
}
