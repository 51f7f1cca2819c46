import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askEmulator } from "../../../../tools/lab/gwlb/emulator-client";

let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "emulator-client-"));
});

afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const listening = async (answer: (line: string) => string | undefined): Promise<string> => {
  const socket = join(folder, "emulator.sock");
  server = createServer((client) => {
    client.once("data", (data) => client.end(answer(String(data)) ?? ""));
  });
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  return socket;
};

test("asks one question and gets the report", async () => {
  const socket = await listening((line) => `${JSON.stringify({ asked: JSON.parse(line) as unknown })}\n`);
  await expect(askEmulator(socket, { report: true })).resolves.toEqual({ asked: { report: true } });
});

test("fails when nothing listens there any more", async () => {
  await expect(askEmulator(join(folder, "none.sock"), { report: true })).rejects.toThrow(
    /^lab: the load balancer does not answer, got connect ENOENT .*; look at its log$/,
  );
});

test("fails when the load balancer ends before it answers", async () => {
  const socket = await listening(() => undefined);
  await expect(askEmulator(socket, { report: true })).rejects.toThrow(
    "lab: the load balancer ended before it answered; look at its log",
  );
});
