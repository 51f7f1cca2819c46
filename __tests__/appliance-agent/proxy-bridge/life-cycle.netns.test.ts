import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { describeAsRoot } from "../../support/namespaces";
import {
  BridgeLab,
  CLIENT,
  HTTP_PORT,
  HTTPS_PORT,
  ORIGIN,
  OTHER_CLIENT,
  received,
} from "../../../tools/bridge-lab/bridge-lab";
import { eventually } from "../../../tools/bridge-lab/eventually";
import { Origin } from "../../../tools/bridge-lab/origin";
import { connect as connectTls } from "node:tls";

describeAsRoot("the bridge while things change", () => {
  let lab: BridgeLab;
  let origin: Origin;
  let bridge: ChildProcess;

  beforeAll(async () => {
    lab = new BridgeLab();
    origin = new Origin(ORIGIN, lab.certificates);
    await origin.open();
    lab.configure({ timeouts: { drainSeconds: 2 } });
    bridge = await lab.startBridge({ reloadsSquid: true });
    await lab.squid.start();
  }, 60_000);

  afterAll(async () => {
    origin.close();
    await lab.close();
  });

  /** Status of one request over a connection of its own; 0 when there was no answer. */
  async function status(host: string, path = "/", from = CLIENT): Promise<number> {
    const socket = lab.connect(HTTP_PORT, from);
    const answer = received(socket);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    const text = await answer.catch(() => "");
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  }

  /** `secured`, or the code of the error that a TLS client got. */
  async function secured(servername: string): Promise<string> {
    const socket = connectTls({ socket: lab.connect(HTTPS_PORT), servername, ca: lab.certificates.ca });
    try {
      await once(socket, "secureConnect");
      return "secured";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? "";
    } finally {
      socket.destroy();
    }
  }

  /** Changes the configuration and waits until it is in force. */
  async function configure(change: Parameters<BridgeLab["configure"]>[0]): Promise<void> {
    const accepted = () => lab.metric("bridge_configurations_total", '{result="accepted"}');
    const before = await accepted();
    lab.configure(change);
    await eventually(accepted, (count) => count > before);
  }

  const eventualStatus = (host: string, wanted: number) =>
    eventually(
      () => status(host),
      (found) => found === wanted,
      10_000,
    );

  test("is ready once Squid answers", async () => {
    expect(
      await eventually(
        () => lab.health("/readyz"),
        (code) => code === 200,
        10_000,
      ),
    ).toBe(200);
  });

  test("a changed domain list reaches the running Squid, and no request fails meanwhile", async () => {
    const seen = new Map<string, number>();
    let done = false;
    const load = Promise.all(
      Array.from({ length: 4 }, async (_, at) => {
        while (!done) {
          const found = at % 2 ? String(await status("web.example.test")) : await secured("web.example.test");
          seen.set(found, (seen.get(found) ?? 0) + 1);
        }
      }),
    );
    const squid = lab.squid.pid;
    expect(await status("other.example.test")).toBe(200);
    lab.configure({ deniedDomains: ["other.example.test"] });
    await eventualStatus("other.example.test", 403);
    expect(await secured("other.example.test")).toBe("ERR_SSL_TLSV1_ALERT_ACCESS_DENIED");
    lab.configure({ deniedDomains: [], allowedDomains: [".example.test"] });
    await eventualStatus("other.example.test", 200);
    lab.configure({ allowedDomains: ["web.example.test"] });
    await eventualStatus("other.example.test", 403);
    lab.configure({ allowedDomains: undefined });
    await eventualStatus("other.example.test", 200);
    done = true;
    await load;
    const failed = [...seen.keys()].filter((found) => !["200", "secured"].includes(found));
    expect(failed.length === 0 ? [] : [...failed, ...lab.log]).toEqual([]);
    expect([...seen.keys()].sort()).toEqual(["200", "secured"]);
    expect(lab.squid.pid).toBe(squid);
  }, 60_000);

  test("a bad configuration is refused with path, value and fix, and the one in force stays", async () => {
    lab.write('{ "version": 1, "clientCidrs": ["10.1.0.0/240"] }');
    const [line] = await eventually(
      () => lab.log.filter((candidate) => candidate.includes("configuration refused")),
      (lines) => lines.length > 0,
    );
    expect(line).toContain("bridge.json: clientCidrs.0: must be a network in CIDR notation with no host bits set");
    expect(await status("web.example.test")).toBe(200);
    expect(await lab.metric("bridge_configurations_total", '{result="refused"}')).toBe(1);
    await configure({});
  });

  test("a changed limit of connections holds for each client by itself", async () => {
    await configure({ limits: { connectionsPerClient: 3 } });
    const sockets = Array.from({ length: 3 }, () => lab.connect(HTTPS_PORT).on("error", () => undefined));
    await eventually(
      () => lab.metric("bridge_open_connections"),
      (open) => open === 3,
    );
    expect(await status("web.example.test")).toBe(0);
    expect(await lab.metric("bridge_refused_total", '{listener="http",reason="too-many-connections-of-client"}')).toBe(
      1,
    );
    expect(await status("web.example.test", "/", OTHER_CLIENT)).toBe(200);
    sockets.forEach((socket) => socket.destroy());
    await eventualStatus("web.example.test", 200);
    await configure({ limits: {} });
  });

  test("a changed port waits for the next start, and says so", async () => {
    lab.configure({ listen: { httpPort: 3999 } });
    await eventually(
      () => lab.log.filter((line) => line.includes("takes effect at the next start")),
      (lines) => lines.length === 1,
    );
    expect(await status("web.example.test")).toBe(200);
    await configure({ listen: {} });
  });

  test("without Squid clients are told, and /readyz fails; with it again all is well", async () => {
    await lab.squid.kill();
    expect(await status("web.example.test")).toBe(502);
    expect(await secured("web.example.test")).toBe("ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR");
    await eventually(
      () => lab.health("/readyz"),
      (code) => code === 503,
      20_000,
    );
    expect(await lab.health("/livez")).toBe(200);
    await lab.squid.start();
    expect(await status("web.example.test")).toBe(200);
    expect(await secured("web.example.test")).toBe("secured");
    await eventually(
      () => lab.health("/readyz"),
      (code) => code === 200,
      20_000,
    );
  }, 60_000);

  test("a request that comes while Squid restarts waits for it", async () => {
    await lab.squid.kill();
    const waiting = Promise.all([status("web.example.test"), secured("web.example.test")]);
    await lab.squid.start();
    expect(await waiting).toEqual([200, "secured"]);
  }, 30_000);

  test("SIGTERM: no new connection, the open request ends, an idle tunnel is reset at the deadline", async () => {
    const open = lab.connect(HTTP_PORT);
    const answer = received(open);
    open.write("GET /hold HTTP/1.1\r\nHost: web.example.test\r\n\r\n");
    const tunnel = connectTls({
      socket: lab.connect(HTTPS_PORT),
      servername: "web.example.test",
      ca: lab.certificates.ca,
    });
    await once(tunnel, "secureConnect");
    const [held] = await eventually(
      () => origin.held,
      (responses) => responses.length > 0,
    );
    const gone = once(bridge, "exit");
    const tunnelEnd = new Promise((closed) => tunnel.on("error", () => undefined).once("close", closed));
    const started = performance.now();
    bridge.kill("SIGTERM");
    await eventually(
      () => status("web.example.test"),
      (found) => found === 0,
    );
    expect(await lab.health("/readyz")).toBe(503);
    held?.end("at last");
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*at last/);
    await tunnelEnd;
    expect(await gone).toEqual([0, null]);
    expect(performance.now() - started).toBeGreaterThan(1900);
    expect(lab.log.at(-1)).toContain('"reset":1,"message":"drained"');
  }, 15_000);
});
