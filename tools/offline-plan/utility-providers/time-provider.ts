import type { CtyObject } from "../protocol/cty-value";
import type { UtilityRules } from "./utility-rules";

/** The moment at which every offline plan happens: a plan of today equals one of tomorrow. */
const NOW = new Date("2024-01-01T00:00:00Z");

const rfc3339 = (time: Date) => time.toISOString().replace(/\.\d{3}Z$/, "Z");

function parts(time: Date): CtyObject {
  return {
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    day: time.getUTCDate(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
    second: time.getUTCSeconds(),
    unix: Math.floor(time.getTime() / 1000),
  };
}

function moved(from: Date, planned: CtyObject, prefix: string): Date {
  const by = (unit: string) => Number(planned[`${prefix}${unit}`] ?? 0);
  return new Date(
    Date.UTC(
      from.getUTCFullYear() + by("years"),
      from.getUTCMonth() + by("months"),
      from.getUTCDate() + by("days"),
      from.getUTCHours() + by("hours"),
      from.getUTCMinutes() + by("minutes"),
      from.getUTCSeconds() + by("seconds"),
    ),
  );
}

function base(planned: CtyObject, name: string): Date {
  const said = planned[name];
  return typeof said === "string" ? new Date(said) : NOW;
}

/** hashicorp/time: nothing is waited for. */
export const TIME: UtilityRules = {
  forceNew: ["triggers"],
  predict: {
    time_offset: (planned) => {
      const from = base(planned, "base_rfc3339");
      const to = moved(from, planned, "offset_");
      return { id: rfc3339(from), base_rfc3339: rfc3339(from), rfc3339: rfc3339(to), ...parts(to) };
    },
    time_rotating: (planned) => {
      const from = base(planned, "rfc3339");
      const rotates = planned["rotation_rfc3339"];
      const to = typeof rotates === "string" ? new Date(rotates) : moved(from, planned, "rotation_");
      return { id: rfc3339(from), rfc3339: rfc3339(from), rotation_rfc3339: rfc3339(to), ...parts(from) };
    },
    time_sleep: () => ({ id: rfc3339(NOW) }),
    time_static: (planned) => {
      const at = base(planned, "rfc3339");
      return { id: rfc3339(at), rfc3339: rfc3339(at), ...parts(at) };
    },
  },
};
