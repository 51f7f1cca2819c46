import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { buildArchive } from "../../tools/build-agent/archive";
import { ensureAgentBundle } from "../../tools/build-agent/ensure-agent-bundle";
import { KOFFI_PLATFORMS, koffiBinary } from "../../tools/build-agent/koffi-binary";
import { readTar, writeTar } from "../../tools/build-agent/tar";

const ROOT = resolve(__dirname, "../..");
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "gwlb-build-"));
  folders.push(folder);
  return folder;
}

/** A small real program: it calls the C library through koffi, and reads a file that lies beside it. */
const PROGRAM = `
import koffi from "koffi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
const getpid = koffi.load("libc.so.6").func("int getpid()") as () => number;
const object = readFileSync(join(__dirname, "ebpf", "hairpin.o"), "utf8");
console.log(JSON.stringify({ pid: getpid() === process.pid, object, argv: process.argv.slice(2) }));
`;

/** A project like this one, with another program. @returns its folder */
function newProject(files: Record<string, string> = {}): string {
  const root = newFolder();
  for (const name of ["LICENSE", "package.json", "package-lock.json", "tools/build-agent"]) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(root, "node_modules"));
  mkdirSync(join(root, ".cache"));
  mkdirSync(join(ROOT, ".cache", "koffi"), { recursive: true });
  symlinkSync(join(ROOT, ".cache", "koffi"), join(root, ".cache", "koffi"));
  const all = {
    "appliance-agent/src/main.ts": PROGRAM,
    "appliance-agent/ebpf/hairpin.o": "an object",
    "appliance-agent/ebpf/hairpin.bpf.c": "/* its source */",
    "appliance-agent/systemd/appliance/etc/unit": "[Unit]\n",
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** Unpacks an archive with the system's tar into an empty folder. */
function unpack(archive: Buffer): string {
  const folder = newFolder();
  execFileSync("tar", ["--extract", "--directory", folder], { input: archive });
  return folder;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("writeTar", () => {
  const files = [
    { path: "b/program", content: Buffer.from("#!/bin/sh\n"), executable: true },
    { path: "a", content: Buffer.alloc(513, "x") },
    { path: "empty", content: Buffer.alloc(0) },
  ];

  test("writes the header of POSIX ustar", () => {
    const header = writeTar([{ path: "dir/name", content: Buffer.from("hello"), executable: true }]).subarray(0, 512);
    const text = (from: number, to: number): string => header.toString("latin1", from, to);
    expect(text(0, 9)).toBe("dir/name\0");
    expect(text(100, 108)).toBe("0000755\0");
    expect(text(108, 124)).toBe("0000000\x000000000\0");
    expect(text(124, 136)).toBe("00000000005\0");
    expect(text(136, 148)).toBe("02263523000\0");
    expect(text(156, 157)).toBe("0");
    expect(text(257, 265)).toBe("ustar\x0000");
    const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
    expect(text(148, 156)).toBe(`${sum.toString(8).padStart(6, "0")}\0 `);
  });

  test("is read by the system's tar, and reads what that writes", () => {
    const folder = unpack(writeTar(files));
    expect(readFileSync(join(folder, "a"))).toEqual(files[1]?.content);
    expect(readFileSync(join(folder, "empty"))).toEqual(Buffer.alloc(0));
    expect(statSync(join(folder, "b/program")).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o644);
    const theirs = execFileSync("tar", ["--create", "--format=ustar", "--directory", folder, "a", "b", "empty"]);
    expect(readTar(theirs).map(({ path, executable }) => [path, executable])).toEqual([
      ["a", false],
      ["b/program", true],
      ["empty", false],
    ]);
  });

  test("does not depend on the order of the files, and reads back what it wrote", () => {
    const archive = writeTar(files);
    expect(writeTar([...files].reverse())).toEqual(archive);
    expect(readTar(archive).map(({ path, content }) => [path, content.length])).toEqual([
      ["a", 513],
      ["b/program", 10],
      ["empty", 0],
    ]);
  });

  test.each([
    ["ä", "tar: paths have 1 to 100 ASCII characters without spaces, got 'ä'; rename it"],
    ["x".repeat(101), `tar: paths have 1 to 100 ASCII characters without spaces, got '${"x".repeat(101)}'; rename it`],
  ])("fails for the path %s", (path, message) => {
    expect(() => writeTar([{ path, content: Buffer.alloc(0) }])).toThrow(message);
  });

  test("fails for two files with one path, and for an archive that is cut short", () => {
    const file = { path: "a", content: Buffer.alloc(10) };
    expect(() => writeTar([file, file])).toThrow("tar: two files with one path, got 'a'; keep one of them");
    expect(() => readTar(writeTar([file]).subarray(0, 515))).toThrow(
      "tar: cut short in 'a', got 515 bytes; fetch it again",
    );
  });
});

describe("the archive", () => {
  test("is the same from copies in different folders, whatever their times and modes", async () => {
    const [one, other] = [newProject(), newProject()];
    utimesSync(join(other, "appliance-agent/src/main.ts"), 1, 1);
    chmodSync(join(other, "appliance-agent/ebpf/hairpin.o"), 0o777);
    const archive = await buildArchive({ root: one });
    expect(sha256(await buildArchive({ root: other }))).toBe(sha256(archive));
    writeFileSync(join(other, "appliance-agent/ebpf/hairpin.o"), "another object");
    expect(sha256(await buildArchive({ root: other }))).not.toBe(sha256(archive));
  });

  test("holds the program, koffi for both platforms, objects, units and licences", async () => {
    const files = readTar(await buildArchive({ root: newProject() }));
    expect(files.map(({ path, executable }) => `${executable ? "x" : "-"} ${path}`)).toEqual([
      "- LICENSE",
      "- NOTICES",
      "x bin/gwlb-agent",
      "- ebpf/hairpin.o",
      "- gwlb-agent.cjs",
      "- koffi/linux-arm64.node",
      "- koffi/linux-x64.node",
      "- systemd/appliance/etc/unit",
    ]);
    const machine = { "linux-x64": 62, "linux-arm64": 183 }; // e_machine, elf(5): EM_X86_64, EM_AARCH64
    for (const platform of KOFFI_PLATFORMS) {
      const library = files.find(({ path }) => path === `koffi/${platform}.node`)?.content ?? Buffer.alloc(20);
      expect(Buffer.from(library).readUInt16LE(18)).toBe(machine[platform]);
    }
    expect(Buffer.from(files[1]?.content ?? []).toString()).toMatch(
      /koffi 3[\d.]+\n-+\n\nMIT License\n\nCopyright \(C\)/,
    );
  });

  test("runs where there is nothing else: no node_modules, koffi from the archive", async () => {
    const folder = unpack(await buildArchive({ root: newProject() }));
    const bin = join(newFolder(), "bin");
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, "node-22"));
    const path = `${bin}:/usr/bin:/bin`;
    const run = (): ReturnType<typeof spawnSync> =>
      spawnSync(join(folder, "bin/gwlb-agent"), ["--help", "a b"], { cwd: "/", encoding: "utf8", env: { PATH: path } });
    expect(JSON.parse(String(run().stdout))).toEqual({ pid: true, object: "an object", argv: ["--help", "a b"] });
    rmSync(join(folder, "koffi"), { recursive: true });
    expect(run().stderr).toContain(`Cannot find module '${join(folder, "koffi", `linux-${process.arch}.node`)}'`);
  });

  test("fails when a source is imported whose change would go unnoticed", async () => {
    const root = newProject({ "appliance-agent/src/main.ts": `import "../../stacks/x";`, "stacks/x.ts": "" });
    await expect(buildArchive({ root })).rejects.toThrow(
      "agent archive: a change of every source must lead to a new archive, got stacks/x.ts; add it to SOURCES",
    );
  });

  test("fails when it is larger than 8 MB", async () => {
    const root = newProject({ "appliance-agent/ebpf/large.o": "x".repeat(8 * 1024 * 1024) });
    await expect(buildArchive({ root })).rejects.toThrow(
      /^agent archive: at most 8388608 bytes, got \d+; see what it holds with tar --list --verbose$/,
    );
  });

  test("fails when koffi's package is not the one that the lock file pins, and does not keep it", () => {
    const root = newProject();
    const cache = newFolder();
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version: string }>;
    };
    const version = lock.packages["node_modules/@koromix/koffi-linux-arm64"]?.version ?? "";
    const file = join(cache, `koromix-koffi-linux-arm64-${version}.tgz`);
    writeFileSync(file, "something else");
    const actual = createHash("sha512").update("something else").digest("base64");
    expect(() => koffiBinary(root, cache, "linux-arm64")).toThrow(
      `@koromix/koffi-linux-arm64@${version}: not what package-lock.json pins, got sha512-${actual}; ` +
        "run it again, and trust your registry",
    );
    expect(existsSync(file)).toBe(false);
  });
});

describe("ensureAgentBundle", () => {
  test("builds when a source is new or changed or the archive is damaged, and only then", () => {
    const root = newProject();
    const first = ensureAgentBundle(root);
    expect(first.path).toBe(join(root, "dist/agent", first.sha256, "gwlb-agent.tar"));
    expect(sha256(readFileSync(first.path))).toBe(first.sha256);
    const built = (): number => statSync(first.path).mtimeMs;
    const before = built();

    expect(ensureAgentBundle(root)).toEqual(first);
    expect(built()).toBe(before);

    writeFileSync(first.path, "damaged");
    expect(ensureAgentBundle(root)).toEqual(first);
    expect(sha256(readFileSync(first.path))).toBe(first.sha256);

    writeFileSync(join(root, "appliance-agent/ebpf/new.o"), "a new object");
    const second = ensureAgentBundle(root);
    expect(second.sha256).not.toBe(first.sha256);

    writeFileSync(join(root, "appliance-agent/src/main.ts"), `${PROGRAM} console.log(1);`);
    const third = ensureAgentBundle(root);
    expect(third.sha256).not.toBe(second.sha256);
    // Whoever was told of the one before may still read it.
    expect([first, second, third].map(({ path }) => existsSync(path))).toEqual([false, true, true]);
  });

  test("fails when the program does not compile, and then does not take the old archive for the new one", () => {
    const root = newProject();
    ensureAgentBundle(root);
    writeFileSync(join(root, "appliance-agent/src/main.ts"), "import './nowhere';");
    for (let time = 0; time < 2; time++) {
      expect(() => ensureAgentBundle(root)).toThrow(/^build-agent: failed, got '.*Could not resolve "\.\/nowhere"/s);
    }
  });

  test("takes little when nothing has changed", () => {
    const root = newProject();
    cpSync(join(ROOT, "appliance-agent"), join(root, "appliance-agent"), { recursive: true });
    writeFileSync(join(root, "appliance-agent/src/main.ts"), PROGRAM);
    ensureAgentBundle(root);
    const start = process.cpuUsage();
    ensureAgentBundle(root);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(0.3);
  });
});

describe("this project's archive", () => {
  test("runs every command from an empty folder, and holds what it is to hold in 8 MB", () => {
    const { path } = ensureAgentBundle();
    const archive = readFileSync(path);
    expect(archive.length).toBeLessThan(8 * 1024 * 1024);
    const paths = readTar(archive).map((file) => file.path);
    const objects = readdirSync(join(ROOT, "appliance-agent/ebpf")).filter((name) => name.endsWith(".o"));
    expect(objects.length).toBeGreaterThan(0);
    expect(paths).toEqual(expect.arrayContaining(objects.map((name) => `ebpf/${name}`)));
    expect(paths).toContain("systemd/appliance/etc/systemd/system/gwlb-agent.service");

    const program = join(unpack(archive), "gwlb-agent.cjs");
    const run = (...argv: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [program, ...argv], { cwd: "/", encoding: "utf8", env: {} });
    const help = String(run("--help").stdout);
    const commands = [...help.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].map(([, name]) => String(name));
    expect(commands).toEqual(expect.arrayContaining(["run", "check", "status", "proxy-bridge", "unload"]));
    // A command's module is loaded when it is called: only so does a file that is missing in the bundle show.
    expect(commands.map((name) => [name, run(name, "--help")])).toEqual(
      commands.map((name) => [name, expect.objectContaining({ status: 0, stderr: "" })]),
    );
    expect(readFileSync(program, "utf8")).not.toContain(ROOT);
  });
});

describe("bin/gwlb-agent", () => {
  const wrapper = join(ROOT, "tools/build-agent/gwlb-agent.sh");

  test("shellcheck finds nothing, in it and in what the bastion gets", () => {
    const scripts = [wrapper, join(ROOT, "appliance-agent/systemd/bastion/usr/local/libexec/gwlb-reload-squid")];
    expect(spawnSync("shellcheck", scripts, { encoding: "utf8" })).toMatchObject({ status: 0, stdout: "" });
  });

  test.each([
    [["node-20", "node-24", "node"], "node-24"],
    [["node-20", "node"], "node-20"],
    [["node"], "node"],
  ])("of %j it takes %s, through a link", (installed, taken) => {
    const folder = newFolder();
    mkdirSync(join(folder, "agent/bin"), { recursive: true });
    cpSync(wrapper, join(folder, "agent/bin/gwlb-agent"));
    chmodSync(join(folder, "agent/bin/gwlb-agent"), 0o755);
    symlinkSync("agent/bin/gwlb-agent", join(folder, "link"));
    for (const name of installed) {
      writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@"\n`);
      chmodSync(join(folder, name), 0o755);
    }
    for (const name of ["dirname", "readlink"]) symlinkSync(`/usr/bin/${name}`, join(folder, name));
    const run = (PATH: string): ReturnType<typeof spawnSync> =>
      spawnSync(join(folder, "link"), ["status"], { encoding: "utf8", env: { PATH } });
    expect(run(folder).stdout).toBe(`${taken} ${folder}/agent/gwlb-agent.cjs status\n`);
    for (const name of installed) rmSync(join(folder, name));
    expect(run(folder)).toMatchObject({
      status: 127,
      stderr: "gwlb-agent: needs Node.js 20 or later, found none; install nodejs24\n",
    });
  });
});
