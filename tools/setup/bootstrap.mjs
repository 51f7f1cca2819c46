// Runs a TypeScript program of this repository on a machine that has nothing but Node and npm:
//
//   node tools/setup/bootstrap.mjs tools/start/main.ts [arguments]
//
// Plain JavaScript without imports from node_modules, because it runs before they are installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { USAGE } from "./usage.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules/.package-lock.json");

const [program, ...rest] = process.argv.slice(2);
if (program === undefined) {
  console.error("bootstrap: no program named; e.g. node tools/setup/bootstrap.mjs tools/start/main.ts");
  process.exit(2);
}
const usage = USAGE[program];
if (usage !== undefined && rest.some((argument) => argument === "--help" || argument === "-h")) {
  console.log(usage);
  process.exit(0);
}
requireNode(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).engines.node);
if (!isInstalled()) install();

const script = resolve(root, program);
process.argv = [process.argv[0], script, ...rest];
// As `node --import tsx` does: for require(), and for the import() of what a program loads only when it needs it.
await import("tsx");
createRequire(script)(script);

/** @param {string} range the form ">=20.19" */
function requireNode(range) {
  const [major, minor] = range.replace(">=", "").split(".").map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  console.error(`node: ${range} is needed, got ${process.versions.node}; install a current LTS release of Node.js`);
  process.exit(1);
}

/** Whether node_modules holds exactly the lock file's versions; what this platform may leave out is not looked at. */
function isInstalled() {
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(JSON.parse(readFileSync(lock, "utf8")).packages).every(
    ([path, { version, optional, devOptional }]) =>
      path === "" || optional || devOptional || have[path]?.version === version,
  );
}

function install() {
  console.error("Installing the npm packages of package-lock.json (about 1.1 GB, 1 to 2 minutes) ...");
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, "inherit"],
    shell: process.platform === "win32",
  });
  if (npm.status === 0) return;
  console.error(`npm ci: failed, got exit code ${npm.status ?? npm.error}; its own message is above`);
  process.exit(1);
}
