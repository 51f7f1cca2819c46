import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { cpus } from "node:os";
import { connect as connectTls } from "node:tls";
import { BridgeLab, CLIENT, HTTP_PORT, HTTPS_PORT, ORIGIN } from "../tools/bridge-lab/bridge-lab";
import { Origin } from "../tools/bridge-lab/origin";
import { encodeProxyHeader } from "../appliance-agent/src/proxy-bridge/proxy-protocol";
import { wholeNumberArgument } from "../tools/setup/whole-number";

/*
 * What the bridge costs: the same requests through it, and to the same Squid directly, as a client would send them that
 * knows of a proxy. Needs root. Client and origin are one process, on the same processors as the bridge and Squid: trust
 * ratios and the bridge's own CPU, not absolutes.
 */

const ROUNDS = wholeNumberArgument("bench:proxy-bridge ROUNDS", process.argv[2], 5);
const REQUESTS = 2000;
const HANDSHAKES = 200;
const MEGABYTES = 100;
const HOST = "web.example.test";

/** One way to the origin. */
interface Way {
  readonly name: "bridge" | "Squid alone";
  /** A connection on which HTTP requests are sent; `target` makes of a path what the first line needs. */
  http(): Promise<Socket>;
  target(path: string): string;
  /** A connection on which a ClientHello is sent. */
  https(): Promise<Socket>;
}

/** What one run of one task gave: operations, seconds, and CPU seconds of the two processes. */
interface Run {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly bridgeCpuUs: number;
  readonly squidCpuUs: number;
}

/** Reads one answer with a Content-Length; bodies are counted, not kept. */
async function readAnswer(socket: Socket): Promise<void> {
  let header = "";
  let left: number | undefined;
  for (;;) {
    let chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await once(socket, "readable");
      continue;
    }
    if (left === undefined) {
      header += chunk.toString("latin1");
      const end = header.indexOf("\r\n\r\n");
      if (end < 0) continue;
      if (!header.startsWith("HTTP/1.1 200")) throw new Error(`not 200, got ${header.slice(0, 200)}`);
      left = Number(/^content-length: (\d+)/im.exec(header)?.[1] ?? NaN);
      chunk = Buffer.from(header.slice(end + 4), "latin1");
    }
    left -= chunk.length;
    if (left <= 0) return;
  }
}

async function ask(socket: Socket, target: string): Promise<void> {
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await readAnswer(socket);
}

const TASKS: Readonly<Record<string, (way: Way, lab: BridgeLab, took: number[]) => Promise<number>>> = {
  "HTTP requests, 1 kept connection": (way, _lab, took) => requests(way, 1, took),
  "HTTP requests, 16 kept connections": (way, _lab, took) => requests(way, 16, took),
  "HTTPS connections, 1 request each, 4 at once": async (way, lab, took) => {
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let at = 0; at < HANDSHAKES / 4; at++) {
          const started = performance.now();
          const socket = connectTls({ socket: await way.https(), servername: HOST, ca: lab.certificates.ca });
          await once(socket, "secureConnect");
          await ask(socket, "/");
          socket.destroy();
          took.push(performance.now() - started);
        }
      }),
    );
    return HANDSHAKES;
  },
  "HTTP download, MB": async (way, _lab, took) => {
    const socket = await way.http();
    const started = performance.now();
    await ask(socket, way.target(`/bytes?count=${MEGABYTES * 1_000_000}`));
    took.push(performance.now() - started);
    socket.destroy();
    return MEGABYTES;
  },
  "HTTPS download, MB": async (way, lab, took) => {
    const socket = connectTls({ socket: await way.https(), servername: HOST, ca: lab.certificates.ca });
    await once(socket, "secureConnect");
    const started = performance.now();
    await ask(socket, `/bytes?count=${MEGABYTES * 1_000_000}`);
    took.push(performance.now() - started);
    socket.destroy();
    return MEGABYTES;
  },
};

async function requests(way: Way, connections: number, took: number[]): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => way.http()));
  await Promise.all(
    sockets.map(async (socket) => {
      for (let at = 0; at < REQUESTS / connections; at++) {
        const started = performance.now();
        await ask(socket, way.target("/"));
        took.push(performance.now() - started);
      }
      socket.destroy();
    }),
  );
  return REQUESTS;
}

async function opened(socket: Socket): Promise<Socket> {
  await once(socket, "connect");
  return socket.setNoDelay(true).on("error", () => undefined);
}

function ways(lab: BridgeLab): readonly Way[] {
  const toSquid = async () => {
    const socket = await opened(connect({ host: "127.0.0.1", port: 3131 }));
    socket.write(encodeProxyHeader({ address: CLIENT, port: 40_000 }, { address: ORIGIN, port: 80 }));
    return socket;
  };
  return [
    {
      name: "bridge",
      http: () => opened(lab.connect(HTTP_PORT)),
      target: (path) => path,
      https: () => opened(lab.connect(HTTPS_PORT)),
    },
    {
      name: "Squid alone",
      http: toSquid,
      target: (path) => `http://${HOST}${path}`,
      https: async () => {
        const socket = await toSquid();
        socket.write(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`);
        const [answer] = (await once(socket, "data")) as [Buffer];
        if (!answer.toString("latin1").startsWith("HTTP/1.1 200")) throw new Error(`not 200, got ${answer.toString()}`);
        socket.pause();
        return socket;
      },
    },
  ];
}

/** User and system time of a process, proc_pid_stat(5), in microseconds; a tick is 10 ms. */
function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function measure(way: Way, task: string, lab: BridgeLab): Promise<Run> {
  const cpu = () => [cpuMicroseconds(lab.pid), cpuMicroseconds(lab.squid.pid)] as const;
  const [bridgeBefore, squidBefore] = cpu();
  const started = performance.now();
  const took: number[] = [];
  const operations = (await TASKS[task]?.(way, lab, took)) ?? 0;
  const seconds = (performance.now() - started) / 1000;
  const [bridgeAfter, squidAfter] = cpu();
  return {
    perSecond: operations / seconds,
    medianMs: median(took),
    bridgeCpuUs: (bridgeAfter - bridgeBefore) / operations,
    squidCpuUs: (squidAfter - squidBefore) / operations,
  };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function main(): Promise<void> {
  const lab = new BridgeLab();
  const origin = new Origin(ORIGIN, lab.certificates);
  try {
    await origin.open();
    lab.configure({});
    await lab.startBridge({ reloadsSquid: false });
    await lab.squid.start();
    const [bridge, direct] = ways(lab);
    if (!bridge || !direct) return;
    const rows: string[] = [];
    for (const task of Object.keys(TASKS)) {
      const runs: (readonly [Run, Run])[] = [];
      for (let round = -1; round < ROUNDS; round++) {
        const both = [await measure(bridge, task, lab), await measure(direct, task, lab)] as const;
        if (round >= 0) runs.push(both);
      }
      const of = (pick: (run: readonly [Run, Run]) => number) => median(runs.map(pick));
      rows.push(
        `| ${task} | ${of(([b]) => b.perSecond).toFixed(0)} | ${of(([, d]) => d.perSecond).toFixed(0)} | ` +
          `${of(([b, d]) => b.perSecond / d.perSecond).toFixed(2)} | ${of(([b]) => b.medianMs).toFixed(2)} | ` +
          `${of(([, d]) => d.medianMs).toFixed(2)} | ${of(([b]) => b.bridgeCpuUs).toFixed(0)} | ${of(([b]) => b.squidCpuUs).toFixed(0)} |`,
      );
    }
    const machine = `${cpus().length} processors (${cpus()[0]?.model ?? "unknown"}), Node ${process.versions.node}`;
    console.log(`${ROUNDS} interleaved rounds after one that is not counted; medians; ${machine}\n`);
    console.log(
      "| task | per s, bridge | per s, Squid alone | ratio | ms, bridge | ms, Squid alone | bridge CPU us | Squid CPU us |",
    );
    console.log("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for (const row of rows) console.log(row);
  } finally {
    origin.close();
    await lab.close();
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
