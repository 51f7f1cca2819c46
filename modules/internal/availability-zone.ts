/** An Availability Zone's name: its region and one letter. Local and Wavelength Zones, which have longer names, have no GWLB. */
const ZONE = /^((?:[a-z]{2}|us-gov|us-iso[bef]?|eu-isoe)-[a-z]+-\d)[a-z]$/;

/**
 * Region of an Availability Zone: `eu-west-1` of `eu-west-1a`.
 *
 * @throws Error when `zone` is not the name of an Availability Zone
 */
export function regionOf(where: string, zone: string): string {
  const region = ZONE.exec(zone)?.[1];
  if (region === undefined) {
    throw new Error(
      `${where}: zones must be names of Availability Zones, got '${zone}'; write a region and a letter, eu-west-1a`,
    );
  }
  return region;
}

/**
 * Partition of a region, the second member of every ARN: `aws`, `aws-cn`, `aws-us-gov`.
 *
 * @see https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  if (region.startsWith("us-gov-")) return "aws-us-gov";
  return "aws";
}

/**
 * Checks a list of zones: at least one, none twice, all of one region.
 *
 * @returns the region of all of them
 * @throws Error when the list is empty, names a zone twice, or mixes regions
 */
export function requireZones(where: string, zones: readonly string[]): string {
  const [first] = zones;
  if (first === undefined) {
    throw new Error(`${where}: zones must name at least one Availability Zone, got []; add one, eu-west-1a`);
  }
  const region = regionOf(where, first);
  zones.forEach((zone, index) => {
    if (zones.indexOf(zone) !== index) {
      throw new Error(`${where}: zones must differ, got '${zone}' twice; remove one`);
    }
    if (regionOf(where, zone) !== region) {
      throw new Error(
        `${where}: zones must be of one region, got '${zone}' beside '${first}'; keep those of ${region}`,
      );
    }
  });
  return region;
}
