import { once } from "node:events";
import { join } from "node:path";
import { compiledProgram } from "../../../tools/end-to-end/compiled-program";
import type { Path } from "../../../tools/end-to-end/path";
import type { Exchange } from "./tcp-peer";

const peer = () => compiledProgram("__tests__/appliance-agent/e2e/tcp-peer.ts");
const CWD = join(__dirname, "../../..");

/** Starts a TCP server that answers with what it gets; returns when it listens. */
export async function serveTcp(path: Path, host: string, port: number): Promise<void> {
  const child = path.spawn(host, [...peer(), "serve", String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: CWD,
  });
  if (child.stdout) await once(child.stdout, "data");
}

/** Sends bytes over TCP and takes them back. */
export async function exchangeTcp(
  path: Path,
  host: string,
  to: string,
  port: number,
  bytes: number,
): Promise<Exchange> {
  const argv = [...peer(), "exchange", to, String(port), String(bytes)];
  const child = path.spawn(host, argv, { stdio: ["ignore", "pipe", "pipe"], cwd: CWD });
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`TCP from ${host} to ${to} port ${port}: ${output.stderr}`);
  return JSON.parse(output.stdout) as Exchange;
}

/** Whether an echo came back. @param options more flags of ping(8) */
export function ping(path: Path, host: string, to: string, ...options: string[]): boolean {
  try {
    path.exec(host, "ping", "-n", "-c", "1", "-W", "2", ...options, to);
    return true;
  } catch {
    return false;
  }
}
