import pino from "pino";
import { HandedUpPackets } from "../../../appliance-agent/src/agent/handed-up-packets";
import { DataPath, HandedUpPacket } from "../../../appliance-agent/src/datapath/data-path";

const packet = (endpoint: string, byte: number): HandedUpPacket => ({ endpoint, packet: Uint8Array.of(byte) });

/** A kernel in which endpoints are let through once they are in `admitted`, and whose devices refuse the byte 99. */
function kernel() {
  const [injected, admitted, dropped] = [[] as number[], new Set<string>(), new Map<string, number>()];
  const dataPath = {
    isAdmitted: (endpoint: string) => admitted.has(endpoint),
    inject: ({ packet: [byte = -1] }: HandedUpPacket) => {
      if (byte === 99) throw new Error("write: got EIO");
      injected.push(byte);
    },
    countDropped: (reason: string, packets: number) => dropped.set(reason, (dropped.get(reason) ?? 0) + packets),
  } as unknown as DataPath;
  return { injected, admitted, dropped, dataPath };
}

const silent = pino({ enabled: false });

test("keeps an endpoint's packets in order until it is let through, and passes later ones on", () => {
  const { injected, admitted, dataPath } = kernel();
  const packets = new HandedUpPackets(silent);
  packets.take(packet("a", 1), dataPath);
  packets.take(packet("b", 2), dataPath);
  packets.take(packet("a", 3), dataPath);
  expect(injected).toEqual([]);
  admitted.add("a");
  packets.take(packet("a", 4), dataPath);
  expect(injected).toEqual([]); /* Not before those that wait. */
  packets.release("a", dataPath);
  packets.take(packet("a", 5), dataPath);
  expect(injected).toEqual([1, 3, 4, 5]);
});

test("keeps packets again when an endpoint is not let through any more", () => {
  const { injected, admitted, dataPath } = kernel();
  const packets = new HandedUpPackets(silent);
  admitted.add("a");
  packets.take(packet("a", 1), dataPath);
  admitted.delete("a");
  packets.take(packet("a", 2), dataPath);
  expect(injected).toEqual([1]);
});

test("counts packets that it has no room for, and says so", () => {
  const { injected, dropped, dataPath } = kernel();
  const lines: string[] = [];
  const packets = new HandedUpPackets(pino({}, { write: (line: string) => void lines.push(line) }));
  for (let i = 0; i < 1025; i++) packets.take(packet("a", 1), dataPath);
  for (const endpoint of ["b", "c", "d", "e"])
    for (let i = 0; i < 1024; i++) packets.take(packet(endpoint, 2), dataPath);
  packets.release("a", dataPath);
  expect(injected).toHaveLength(1024);
  packets.release("e", dataPath);
  expect(injected).toHaveLength(1024);
  packets.count(dataPath);
  expect([...dropped]).toEqual([["waiting_full", 1 + 1024]]);
  expect(lines.join("")).toContain("packets of new endpoints dropped");
});

test("lets no packet through that has waited for a minute, and counts it", () => {
  const { injected, dropped, dataPath } = kernel();
  let now = 0;
  const packets = new HandedUpPackets(silent, () => now);
  packets.take(packet("a", 1), dataPath);
  now = 30_000;
  packets.take(packet("a", 2), dataPath);
  now = 60_001;
  packets.release("a", dataPath);
  expect(injected).toEqual([2]);
  expect([...dropped]).toEqual([["waiting_expired", 1]]);
});

test("counts what still waits when it is given up", () => {
  const { dropped, dataPath } = kernel();
  const packets = new HandedUpPackets(silent);
  packets.take(packet("a", 1), dataPath);
  packets.take(packet("b", 1), dataPath);
  packets.giveUp(dataPath);
  packets.giveUp(dataPath);
  expect([...dropped]).toEqual([["waiting_expired", 2]]);
});

test("counts a packet that a device refuses, and goes on with the next", () => {
  const { injected, admitted, dropped, dataPath } = kernel();
  const packets = new HandedUpPackets(silent);
  packets.take(packet("a", 99), dataPath);
  packets.take(packet("a", 2), dataPath);
  admitted.add("a");
  packets.release("a", dataPath);
  packets.take(packet("a", 99), dataPath);
  packets.count(dataPath);
  expect(injected).toEqual([2]);
  expect([...dropped]).toEqual([["waiting_refused", 2]]);
});
