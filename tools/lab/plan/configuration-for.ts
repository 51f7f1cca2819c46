import { loadConfiguration } from "../../../stacks/load-configuration";
import { ConfigurationChange } from "./load-plan";

/** Zones of a region are named `a` to `f`. */
const ZONES = "abcdef";

/** Numbers from a command line. */
export interface Size {
  /** Availability Zones, 1 to 6. */
  readonly zones?: string;
  /** Appliances in each zone. */
  readonly appliances?: string;
}

/** What of the configuration a command line changes. @throws Error when a number is none, or out of range */
export function configurationFor({ zones, appliances }: Size): ConfigurationChange {
  const { region, appliance } = loadConfiguration();
  const letters = zones === undefined ? [] : [...ZONES.slice(0, count("--zones", zones, ZONES.length))];
  return {
    ...(letters.length > 0 ? { zones: letters.map((letter) => `${region}${letter}`) } : {}),
    ...(appliances === undefined
      ? {}
      : { appliance: { ...appliance, perZone: count("--appliances", appliances, 20) } }),
  };
}

function count(option: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`${option}: must be a whole number from 1 to ${String(most)}, got '${text}'; correct it`);
}
