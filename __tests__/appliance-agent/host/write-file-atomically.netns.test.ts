import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EndpointRegistry, knownEndpoints } from "../../../appliance-agent/src/agent/endpoint-registry";
import { JsonFile } from "../../../appliance-agent/src/agent/json-file";
import { ConfigurationLoader } from "../../../appliance-agent/src/configuration-source/configuration-loader";
import { writeFileAtomically } from "../../../appliance-agent/src/host/write-file-atomically";
import { parseBridgeConfiguration } from "../../../appliance-agent/src/proxy-bridge/bridge-configuration";
import { SquidListFiles } from "../../../appliance-agent/src/proxy-bridge/squid-list-files";
import { describeAsRoot } from "../../support/namespaces";
import { SmallFileSystem, withSmallFileSystem } from "../../support/small-file-system";

const LINE = "blocked.example\n";
const text = (bytes: number) => LINE.repeat(bytes / LINE.length);

test("makes the directory, gives the file its mode and leaves nothing else", () => {
  const directory = mkdtempSync(join(tmpdir(), "write-"));
  const path = join(directory, "deeper", "list");
  writeFileAtomically(path, "one", 0o644);
  writeFileAtomically(path, "two", 0o640);
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777]).toEqual(["two", 0o640]);
  expect(readdirSync(join(directory, "deeper"))).toEqual(["list"]);
  rmSync(directory, { recursive: true });
});

test("says what keeps it from writing, and leaves nothing behind", () => {
  const directory = mkdtempSync(join(tmpdir(), "write-"));
  const path = join(directory, "list");
  mkdirSync(path);
  expect(() => writeFileAtomically(path, "one")).toThrow(
    `${path}: cannot be written, got 'EISDIR: illegal operation on a directory, rename '${path}.${process.pid}.new' -> ` +
      `'${path}''; let this process write in its directory, until then it stays as it was`,
  );
  expect(readdirSync(directory)).toEqual(["list"]);
  rmSync(directory, { recursive: true });
});

describeAsRoot("on a full disk", () => {
  test.each([
    ["no room at all", 0],
    ["room for a part, which write(2) writes without an error", 8192],
  ])("with %s, the good file stays whole", async (_, room) => {
    await withSmallFileSystem(({ directory, leave }) => {
      const path = join(directory, "denied-domains");
      writeFileAtomically(path, text(8192));
      leave(room);
      const write = () => writeFileAtomically(path, text(65_536));
      expect(write).toThrow(
        `${path}: cannot be written, got 'ENOSPC: no space left on device, write'; ` +
          "make room on its file system, until then it stays as it was",
      );
      expect(readFileSync(path, "utf8")).toBe(text(8192));
      expect(readdirSync(directory).sort()).toEqual(["denied-domains", "filler"]);
      leave(131_072);
      write();
      expect(readFileSync(path, "utf8")).toBe(text(65_536));
    });
  });

  test("Squid's lists stay as they were, and are written when there is room", async () => {
    await withSmallFileSystem(async ({ directory, leave }) => {
      const lists = new SquidListFiles({ directory });
      const denied = () => readFileSync(join(directory, "denied-domains"), "utf8").trim().split("\n");
      await lists.write(bridge(10));
      leave(8192);
      await expect(lists.write(bridge(2000))).rejects.toThrow("denied-domains: cannot be written, got 'ENOSPC");
      await expect(lists.write(bridge(2000))).rejects.toThrow("denied-domains: cannot be written, got 'ENOSPC");
      expect(denied()).toHaveLength(10);
      leave(131_072);
      expect(await lists.write(bridge(2000))).toEqual(["denied-domains"]);
      expect(denied()).toHaveLength(2000);
    });
  });

  test("a configuration is in force, and is kept for the next boot as soon as there is room", async () => {
    await withSmallFileSystem(async ({ directory, leave }) => {
      const path = join(directory, "last-good.json");
      const { loader, next } = loaderOf(path);
      next(text(4096));
      leave(4096);
      expect(await loader.refresh()).toBe(true);
      next(text(32_768));
      await loader.refresh();
      expect(loader.loaded).toMatchObject({ configuration: 32_768, generation: 2 });
      expect(loader.loaded.unsaved).toContain(`${path}: cannot be written, got 'ENOSPC`);
      expect(readFileSync(path, "utf8")).toBe(text(4096));
      expect(await loader.refresh()).toBe(false);
      leave(131_072);
      expect(await loader.refresh()).toBe(true);
      expect(loader.loaded).toMatchObject({ configuration: 32_768, generation: 2, unsaved: undefined });
      expect(readFileSync(path, "utf8")).toBe(text(32_768));
    });
  });

  test("an endpoint is served, and noted as soon as there is room", async () => {
    await withSmallFileSystem(({ directory, leave }: SmallFileSystem) => {
      const path = join(directory, "endpoints.json");
      const file = () => new JsonFile(path, knownEndpoints);
      const registry = new EndpointRegistry(file());
      registry.add(["00000000000000aa"]);
      leave(0);
      registry.add(["00000000000000bb"]);
      registry.recordHook("00000000000000bb", { createHook: "/create.sh" });
      expect(registry.served().map(({ slot }) => slot)).toEqual([1, 2]);
      expect([...registry.hooksRun()]).toEqual(["00000000000000bb"]);
      expect(registry.unsaved).toContain(`${path}: cannot be written, got 'ENOSPC`);
      registry.save();
      expect(new EndpointRegistry(file()).served()).toHaveLength(1);
      leave(65_536);
      registry.save();
      expect(registry.unsaved).toBeUndefined();
      expect(new EndpointRegistry(file()).hooksRun()).toEqual(new Set(["00000000000000bb"]));
    });
  });
});

function bridge(deniedDomains: number) {
  const domains = Array.from({ length: deniedDomains }, (_, i) => `blocked-${i}.example`);
  return parseBridgeConfiguration(
    JSON.stringify({ version: 1, clientCidrs: ["10.1.0.0/16"], deniedDomains: domains }),
    "the test",
  );
}

/** A loader of texts, whose configuration is how long they are. */
function loaderOf(lastGoodPath: string) {
  let text: string | undefined;
  const source = {
    name: "the source",
    read: async () => {
      const found = text;
      text = undefined;
      return found === undefined ? undefined : { text: found, revision: String(found.length) };
    },
    watch: () => undefined,
  };
  const options = { source, fallbacks: [], lastGoodPath, parse: (found: string) => found.length, now: Date.now };
  return { loader: new ConfigurationLoader(options), next: (found: string) => void (text = found) };
}
