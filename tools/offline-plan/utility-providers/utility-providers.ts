import { CLOUDINIT } from "./cloudinit-provider";
import { ARCHIVE, LOCAL } from "./file-providers";
import { RANDOM } from "./random-provider";
import { TIME } from "./time-provider";
import { TLS } from "./tls-provider";
import type { UtilityRules } from "./utility-rules";

/** hashicorp/null: a resource without effect; its provisioners are left out of the working copy. */
const NULL: UtilityRules = {
  forceNew: ["triggers"],
  predict: { null_resource: (_planned, seed) => ({ id: String(Number.parseInt(seed.slice(0, 13), 16)) }) },
  read: {
    null_data_source: (config) => ({
      values: { id: "static", outputs: config["inputs"] ?? {}, has_computed_default: "default", random: "0" },
      derived: true,
    }),
  },
};

/** hashicorp/http: nothing is asked. */
const HTTP: UtilityRules = {
  read: {
    http: (config) => ({
      values: {
        id: config["url"] ?? null,
        body: "",
        response_body: "",
        response_body_base64: "",
        response_headers: {},
        status_code: 200,
      },
    }),
  },
};

/** Providers that need nothing but this machine, by name in the `hashicorp` namespace. */
export const UTILITY_PROVIDERS: Readonly<Record<string, UtilityRules>> = {
  archive: ARCHIVE,
  cloudinit: CLOUDINIT,
  http: HTTP,
  local: LOCAL,
  null: NULL,
  random: RANDOM,
  time: TIME,
  tls: TLS,
};
