import { gzipSync } from "node:zlib";
import { fingerprint } from "../planning/numbering";
import { isObject, type CtyObject } from "../protocol/cty-value";
import type { UtilityRules } from "./utility-rules";

/** A multi-part user data, as the provider writes it. @see https://cloudinit.readthedocs.io/en/latest/explanation/format.html */
function rendered(config: CtyObject): CtyObject {
  const boundary = typeof config["boundary"] === "string" ? config["boundary"] : "MIMEBOUNDARY";
  const parts = (Array.isArray(config["part"]) ? config["part"] : []).filter(isObject).map(part);
  const message =
    `Content-Type: multipart/mixed; boundary="${boundary}"\nMIME-Version: 1.0\r\n\r\n` +
    parts.map((it) => `--${boundary}\r\n${it}\r\n`).join("") +
    `--${boundary}--\r\n`;
  const bytes = config["gzip"] === false ? Buffer.from(message) : gzipSync(message);
  const text = config["base64_encode"] === false ? bytes.toString("utf8") : bytes.toString("base64");
  return { id: String(Number.parseInt(fingerprint(message, 8), 16)), boundary, rendered: text };
}

function part(config: CtyObject): string {
  const headers = {
    "Content-Disposition": config["filename"] ? `attachment; filename="${String(config["filename"])}"` : undefined,
    "Content-Transfer-Encoding": "7bit",
    "Content-Type": config["content_type"] ? String(config["content_type"]) : "text/plain",
    "Mime-Version": "1.0",
    "X-Merge-Type": config["merge_type"] ? String(config["merge_type"]) : undefined,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  return `${lines.map(([name, value]) => `${name}: ${String(value)}\r\n`).join("")}\r\n${String(config["content"])}`;
}

const defaults = { base64_encode: true, boundary: "MIMEBOUNDARY", gzip: true };

/** hashicorp/cloudinit. */
export const CLOUDINIT: UtilityRules = {
  defaults: { cloudinit_config: defaults },
  forceNew: ["base64_encode", "boundary", "gzip"],
  predict: { cloudinit_config: rendered },
  read: { cloudinit_config: (config) => ({ values: { ...defaults, ...rendered(config) }, derived: true }) },
};
