import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MAX_CONFIGURATION_BYTES } from "../../../appliance-agent/src/configuration-source/configuration-source";
import { fileSource } from "../../../appliance-agent/src/configuration-source/file-source";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "file-source-"));
  path = join(directory, "agent.json");
});
afterEach(() => rmSync(directory, { recursive: true }));

test("reads the text once, and again only when it differs", async () => {
  writeFileSync(path, "{}");
  const source = fileSource(path);
  const first = await source.read();
  expect(first?.text).toBe("{}");
  expect(await source.read(first?.revision)).toBeUndefined();
  writeFileSync(path, "{} ");
  expect((await source.read(first?.revision))?.text).toBe("{} ");
});

test("fails with the path and the fix when there is no file", async () => {
  await expect(fileSource(path).read()).rejects.toThrow(
    `${path}: no such file; write it, or name another with --config`,
  );
});

test("fails on a file too large to be a configuration, without reading it", async () => {
  writeFileSync(path, "");
  truncateSync(path, MAX_CONFIGURATION_BYTES + 1);
  await expect(fileSource(path).read()).rejects.toThrow(
    `${path}: more than ${MAX_CONFIGURATION_BYTES} bytes, got ${MAX_CONFIGURATION_BYTES + 1}; write fewer rules with wider CIDRs`,
  );
});

test.each<[string, () => void]>([
  ["written in place", () => writeFileSync(path, "1")],
  [
    "replaced by rename",
    () => {
      writeFileSync(`${path}.new`, "2");
      renameSync(`${path}.new`, path);
    },
  ],
])("tells of a file that is %s", async (_, change) => {
  writeFileSync(path, "0");
  const stop = new AbortController();
  const seen = new Promise<void>((changed) => fileSource(path).watch(changed, stop.signal));
  const started = performance.now();
  change();
  await seen;
  stop.abort();
  expect(performance.now() - started).toBeLessThan(1500); /* by the watch; the poll needs 2 s */
});

test("finds a file whose directory does not exist yet", async () => {
  const late = join(directory, "later", "agent.json");
  const stop = new AbortController();
  const seen = new Promise<void>((changed) => fileSource(late).watch(changed, stop.signal));
  await seen;
  stop.abort();
});
