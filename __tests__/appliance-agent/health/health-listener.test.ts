import { createServer, AddressInfo } from "node:net";
import pino from "pino";
import { HealthListener } from "../../../appliance-agent/src/health/health-listener";
import { readiness } from "../../../appliance-agent/src/health/readiness";
import { eventually } from "../../support/namespaces";

const view = { readiness: () => readiness([]), metrics: () => "" };

async function freePort(): Promise<{ port: number; release: () => void }> {
  const holder = createServer().listen(0);
  await new Promise((listening) => holder.once("listening", listening));
  return { port: (holder.address() as AddressInfo).port, release: () => holder.close() };
}

const answers = (port: number) =>
  fetch(`http://127.0.0.1:${port}/livez`).then(
    ({ ok }) => ok || undefined,
    () => undefined,
  );

test("has the port as soon as another process gives it up, and moves when another is wanted", async () => {
  const first = await freePort();
  const listener = new HealthListener(view, pino({ enabled: false }));
  listener.listen(first.port);
  await new Promise((later) => setTimeout(later, 100));
  first.release();
  await eventually("listens once the port is free", () => answers(first.port));
  const second = await freePort();
  second.release();
  listener.listen(second.port);
  await eventually("listens on the new port", () => answers(second.port));
  expect(await answers(first.port)).toBeUndefined();
  await listener.close();
  expect(await answers(second.port)).toBeUndefined();
});
