import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readTar } from "./tar";

/** Platforms of the machines that run the agent; both with the GNU C library. */
export const KOFFI_PLATFORMS = ["linux-x64", "linux-arm64"] as const;

/** A platform as koffi names it. */
export type KoffiPlatform = (typeof KOFFI_PLATFORMS)[number];

/**
 * koffi's prebuilt library for a platform, byte for byte what the lock file pins, whatever platform this is.
 *
 * npm installs only the package of the machine it runs on, so the package comes from npm's cache or the registry, is compared
 * with the lock file's SHA-512, and is kept in `cache`.
 *
 * @param root folder with package-lock.json
 * @param cache folder for the packages
 * @throws Error when npm cannot get the package, or it is another one
 */
export function koffiBinary(root: string, cache: string, platform: KoffiPlatform): Buffer {
  const { name, version, integrity } = lockedPackage(root, `@koromix/koffi-${platform}`);
  const file = join(cache, `${name.slice(1).replace("/", "-")}-${version}.tgz`);
  if (!existsSync(file)) download(`${name}@${version}`, cache);
  const packed = readFileSync(file);
  const actual = `sha512-${createHash("sha512").update(packed).digest("base64")}`;
  if (actual !== integrity) {
    rmSync(file);
    throw new Error(
      `${name}@${version}: not what package-lock.json pins, got ${actual}; run it again, and trust your registry`,
    );
  }
  const path = `package/${platform.replace("-", "_")}/koffi.node`;
  const found = readTar(gunzipSync(packed)).find((entry) => entry.path === path);
  if (!found)
    throw new Error(`${name}@${version}: no file in the package, got none at ${path}; adapt tools/build-agent`);
  return Buffer.from(found.content);
}

function lockedPackage(root: string, name: string): { name: string; version: string; integrity: string } {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; integrity: string } | undefined>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (!locked)
    throw new Error(`package-lock.json: no package ${name}, got none; install koffi with its optional dependencies`);
  return { name, ...locked };
}

function download(spec: string, cache: string): void {
  mkdirSync(cache, { recursive: true });
  const windows = process.platform === "win32"; // npm is a batch file there, which needs a shell
  const args = ["pack", spec, "--prefer-offline", "--ignore-scripts", "--silent", "--pack-destination", cache];
  const { status, stderr } = spawnSync("npm", args, { encoding: "utf8", shell: windows });
  if (status !== 0) throw new Error(`npm pack ${spec}: failed, got '${stderr?.trim()}'; connect to the registry once`);
}
