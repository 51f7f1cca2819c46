import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationLoader } from "../../../appliance-agent/src/configuration-source/configuration-loader";
import {
  ConfigurationSource,
  ConfigurationText,
} from "../../../appliance-agent/src/configuration-source/configuration-source";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "loader-"))));
afterEach(() => rmSync(directory, { recursive: true }));

/** A source whose next readings are given; an Error is thrown, as an unreachable S3 would. */
function scripted(...readings: (ConfigurationText | Error | undefined)[]): ConfigurationSource & { asked: unknown[] } {
  const asked: unknown[] = [];
  return {
    name: "the source",
    asked,
    read: async (revision) => {
      asked.push(revision);
      const next = readings.shift();
      if (next instanceof Error) throw next;
      return next;
    },
    watch: () => undefined,
  };
}

function parse(text: string, where: string): number {
  if (Number.isNaN(Number(text))) throw new Error(`${where}: not a number, got '${text}'; write one`);
  return Number(text);
}

function loader(source: ConfigurationSource, fallbacks: string[] = []) {
  return new ConfigurationLoader({
    source,
    fallbacks,
    lastGoodPath: join(directory, "state", "last-good.json"),
    parse,
    now: () => 1000,
  });
}

test("takes a valid configuration into force and keeps it for the next boot", async () => {
  const kept = loader(scripted({ text: "7", revision: "a" }));
  expect(await kept.refresh()).toBe(true);
  expect(kept.loaded).toMatchObject({
    configuration: 7,
    generation: 1,
    origin: "the source",
    revision: "a",
    loadedAt: 1000,
  });
  expect(readFileSync(join(directory, "state", "last-good.json"), "utf8")).toBe("7");
});

test("asks only for what is newer than what it has seen, bad ones included", async () => {
  const source = scripted({ text: "7", revision: "a" }, { text: "x", revision: "b" }, undefined);
  const kept = loader(source);
  for (let i = 0; i < 3; i++) await kept.refresh();
  expect(source.asked).toEqual([undefined, "a", "b"]);
});

test("a bad configuration never replaces a good one, and its error stays until a good one comes", async () => {
  const kept = loader(
    scripted({ text: "7", revision: "a" }, { text: "x", revision: "b" }, undefined, { text: "8", revision: "c" }),
  );
  await kept.refresh();
  expect(await kept.refresh()).toBe(true);
  expect(kept.loaded).toMatchObject({
    configuration: 7,
    generation: 1,
    refused: "the source: not a number, got 'x'; write one",
  });
  expect(readFileSync(join(directory, "state", "last-good.json"), "utf8")).toBe("7");
  expect(await kept.refresh()).toBe(false);
  await kept.refresh();
  expect(kept.loaded).toMatchObject({ configuration: 8, generation: 2 });
  expect(kept.loaded.refused).toBeUndefined();
});

test("uses the last good configuration when the source cannot be read at boot, and the source again when it can", async () => {
  await loader(scripted({ text: "7", revision: "a" })).refresh();
  const kept = loader(scripted(new Error("the source: no answer"), { text: "8", revision: "b" }));
  await kept.refresh();
  expect(kept.loaded).toMatchObject({
    configuration: 7,
    origin: join(directory, "state", "last-good.json"),
    unreadable: "the source: no answer",
  });
  await kept.refresh();
  expect(kept.loaded).toMatchObject({ configuration: 8, origin: "the source", unreadable: undefined });
});

test("uses the fallback file when there is no last good one, and says what the source's own text was refused for", async () => {
  const file = join(directory, "agent.json");
  writeFileSync(file, "5");
  const kept = loader(scripted({ text: "x", revision: "a" }), [join(directory, "none"), file]);
  await kept.refresh();
  expect(kept.loaded).toMatchObject({
    configuration: 5,
    origin: file,
    refused: "the source: not a number, got 'x'; write one",
  });
});

test("stays without a configuration when neither the source nor a fallback is valid", async () => {
  writeFileSync(join(directory, "agent.json"), "y");
  const kept = loader(scripted(new Error("the source: no answer")), [join(directory, "agent.json")]);
  await kept.refresh();
  expect(kept.loaded).toEqual({ generation: 0, unreadable: "the source: no answer", refused: undefined });
});

test("a configuration that cannot be kept is in force all the same", async () => {
  mkdirSync(join(directory, "state"));
  mkdirSync(join(directory, "state", "last-good.json"));
  const kept = loader(scripted({ text: "7", revision: "a" }));
  await kept.refresh();
  expect(kept.loaded.configuration).toBe(7);
  expect(kept.loaded.unsaved).toContain(
    `${join(directory, "state", "last-good.json")}: cannot be written, got 'EISDIR`,
  );
  expect(existsSync(join(directory, "state", "last-good.json"))).toBe(true);
});
