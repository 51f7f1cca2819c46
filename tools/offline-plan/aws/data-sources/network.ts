import { zoneId } from "../predictions/networking";
import type { Answers } from "./question";

const zones = (region: string) => ["a", "b", "c"].map((letter) => `${region}${letter}`);

/** Network. */
export const NETWORK_ANSWERS: Answers = {
  aws_availability_zones: ({ region }) => ({
    id: region,
    names: zones(region),
    zone_ids: zones(region).map(zoneId),
    group_names: [region],
  }),
};
