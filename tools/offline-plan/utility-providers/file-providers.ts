import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { isObject, type CtyObject, type CtyValue } from "../protocol/cty-value";
import type { UtilityRules, UtilitySurroundings } from "./utility-rules";

const digest = (algorithm: string, bytes: Buffer, as: "hex" | "base64") =>
  createHash(algorithm).update(bytes).digest(as);

/** What `local_file` and `archive_file` tell about bytes, under the given prefix. */
function digests(prefix: string, bytes: Buffer): CtyObject {
  return {
    [`${prefix}base64sha256`]: digest("sha256", bytes, "base64"),
    [`${prefix}base64sha512`]: digest("sha512", bytes, "base64"),
    [`${prefix}md5`]: digest("md5", bytes, "hex"),
    [`${prefix}sha1`]: digest("sha1", bytes, "hex"),
    [`${prefix}sha256`]: digest("sha256", bytes, "hex"),
    [`${prefix}sha512`]: digest("sha512", bytes, "hex"),
  };
}

function written(planned: CtyObject, surroundings: UtilitySurroundings): Buffer {
  const text = planned["content"] ?? planned["sensitive_content"];
  if (typeof text === "string") return Buffer.from(text);
  if (typeof planned["content_base64"] === "string") return Buffer.from(planned["content_base64"], "base64");
  return typeof planned["source"] === "string" ? contents(planned["source"], surroundings) : Buffer.alloc(0);
}

function contents(path: string, { workingDirectory }: UtilitySurroundings): Buffer {
  const file = resolve(workingDirectory, path);
  return existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
}

function file(planned: CtyObject, surroundings: UtilitySurroundings): CtyObject {
  const bytes = written(planned, surroundings);
  return { id: digest("sha1", bytes, "hex"), ...digests("content_", bytes) };
}

const fileDefaults = { directory_permission: "0777", file_permission: "0777" };

function readFile(config: CtyObject, surroundings: UtilitySurroundings) {
  const path = String(config["filename"]);
  if (!existsSync(resolve(surroundings.workingDirectory, path))) throw new Error(`${path}: no such file`);
  const bytes = contents(path, surroundings);
  const values = {
    id: digest("sha1", bytes, "hex"),
    content: bytes.toString("utf8"),
    content_base64: bytes.toString("base64"),
    ...digests("content_", bytes),
  };
  return { values, derived: true };
}

/** hashicorp/local: no file is written, no command is run. */
export const LOCAL: UtilityRules = {
  defaults: {
    local_file: fileDefaults,
    local_sensitive_file: { directory_permission: "0700", file_permission: "0700" },
  },
  sensitive: {
    local_file: ["sensitive_content"],
    local_sensitive_file: ["content", "content_base64"],
    "data.local_sensitive_file": ["content", "content_base64"],
  },
  forceNew: [
    "filename",
    "content",
    "content_base64",
    "sensitive_content",
    "source",
    "file_permission",
    "directory_permission",
  ],
  predict: {
    local_file: (planned, _seed, surroundings) => file(planned, surroundings),
    local_sensitive_file: (planned, _seed, surroundings) => file(planned, surroundings),
  },
  read: {
    local_command: () => ({ values: { exit_code: 0, stderr: "", stdout: "" } }),
    local_file: readFile,
    local_sensitive_file: readFile,
  },
};

/** Every source's name and bytes in one: changes when any of them does, as a real archive's digests would. */
function archived(config: CtyObject, surroundings: UtilitySurroundings): Buffer {
  const parts: (string | Buffer)[] = [];
  const add = (name: CtyValue | undefined, bytes: string | Buffer) => parts.push(`${String(name)}\0`, bytes);
  if (typeof config["source_content"] === "string") add(config["source_content_filename"], config["source_content"]);
  if (typeof config["source_file"] === "string")
    add(config["source_file"], contents(config["source_file"], surroundings));
  for (const block of (Array.isArray(config["source"]) ? config["source"] : []).filter(isObject))
    add(block["filename"], String(block["content"]));
  if (typeof config["source_dir"] === "string") {
    const directory = resolve(surroundings.workingDirectory, config["source_dir"]);
    const entries = existsSync(directory) ? readdirSync(directory, { recursive: true, withFileTypes: true }) : [];
    for (const path of entries
      .filter((it) => !it.isDirectory())
      .map((it) => join(it.parentPath, it.name))
      .sort())
      add(path.slice(directory.length), existsSync(path) ? readFileSync(path) : "");
  }
  return Buffer.concat(parts.map((it) => Buffer.from(it)));
}

function archive(config: CtyObject, surroundings: UtilitySurroundings): CtyObject {
  const bytes = archived(config, surroundings);
  const { output_sha1, ...others } = digests("output_", bytes);
  return { id: output_sha1 ?? null, output_sha: output_sha1 ?? null, output_size: bytes.length, ...others };
}

/** hashicorp/archive: no archive is written; its digests are those of what it would hold. */
export const ARCHIVE: UtilityRules = {
  forceNew: ["output_path", "source_content", "source_dir", "source_file", "type"],
  predict: { archive_file: (planned, _seed, surroundings) => archive(planned, surroundings) },
  read: { archive_file: (config, surroundings) => ({ values: archive(config, surroundings), derived: true }) },
};
