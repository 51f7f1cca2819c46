import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceManager, unixAddress } from "../../../appliance-agent/src/host/service-manager";
import { eventually } from "../../support/namespaces";

/** Prints every datagram that a socket gets: what systemd would read. */
const LISTENER = [
  "import socket, sys",
  "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)",
  "s.bind(sys.argv[1].replace('@', '\\0', 1))",
  "while True: print(repr(s.recv(4096).decode()), flush=True)",
].join("\n");

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "notify-"))));
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  ["a path", () => join(directory, "socket")],
  ["an abstract name", () => `@gwlb-agent-test-${process.pid}`],
])("tells systemd over %s", async (_, name) => {
  const path = name();
  const listener = spawn("/usr/bin/python3", ["-c", LISTENER, path], { stdio: ["ignore", "pipe", "inherit"] });
  let heard = "";
  listener.stdout.on("data", (chunk: Buffer) => (heard += chunk.toString()));
  const systemd = serviceManager({ NOTIFY_SOCKET: path });
  await eventually("it listens", () => {
    if (!path.startsWith("@") && !existsSync(path)) return undefined;
    systemd.alive();
    return heard.includes("WATCHDOG=1") || undefined;
  });
  systemd.ready("ready,\ngeneration 1");
  systemd.reloading(5n);
  systemd.stopping("draining");
  systemd.status("not ready: rules");
  await eventually("the last is heard", () => heard.includes("not ready") || undefined);
  const said = heard.split("\n").filter((line) => !line.includes("WATCHDOG") && line !== "");
  expect(said).toEqual([
    "'READY=1\\nSTATUS=ready, generation 1'",
    "'RELOADING=1\\nMONOTONIC_USEC=5'",
    "'STOPPING=1\\nSTATUS=draining'",
    "'STATUS=not ready: rules'",
  ]);
  listener.kill();
  await once(listener, "exit");
});

test("is silent without a service manager, and when it does not listen", () => {
  expect(() => serviceManager({}).ready("x")).not.toThrow();
  expect(() => serviceManager({ NOTIFY_SOCKET: join(directory, "none") }).ready("x")).not.toThrow();
});

test.each([
  [{ NOTIFY_SOCKET: "/s", WATCHDOG_USEC: "30000000" }, 30_000],
  [{ NOTIFY_SOCKET: "/s", WATCHDOG_USEC: "30000000", WATCHDOG_PID: String(process.pid) }, 30_000],
  [{ NOTIFY_SOCKET: "/s", WATCHDOG_USEC: "30000000", WATCHDOG_PID: "1" }, undefined],
  [{ WATCHDOG_USEC: "30000000" }, undefined],
  [{ NOTIFY_SOCKET: "/s" }, undefined],
])("is watched as the environment says: %j", (environment, milliseconds) => {
  expect(serviceManager(environment).watchdogMs).toBe(milliseconds);
});

test("writes both kinds of socket address", () => {
  expect(unixAddress("/a").toString("hex")).toBe("01002f6100");
  expect(unixAddress("@a").toString("hex")).toBe("01000061");
});
