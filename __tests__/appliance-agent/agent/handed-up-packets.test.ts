import pino from "pino";
import { HandedUpPackets } from "../../../appliance-agent/src/agent/handed-up-packets";
import { DataPath, HandedUpPacket } from "../../../appliance-agent/src/datapath/data-path";

const packet = (endpoint: string, byte: number): HandedUpPacket => ({ endpoint, packet: Uint8Array.of(byte) });

function injecting() {
  const injected: number[] = [];
  const dataPath = { inject: ({ packet: [byte] }: HandedUpPacket) => injected.push(byte ?? -1) } as unknown as DataPath;
  return { injected, dataPath };
}

test("keeps an endpoint's packets in order until it is let through, and passes later ones on", () => {
  const { injected, dataPath } = injecting();
  const packets = new HandedUpPackets(pino({ enabled: false }));
  packets.take(packet("a", 1), dataPath);
  packets.take(packet("b", 2), dataPath);
  packets.take(packet("a", 3), dataPath);
  expect(injected).toEqual([]);
  packets.release("a", dataPath);
  packets.take(packet("a", 4), dataPath);
  expect(injected).toEqual([1, 3, 4]);
});

test("tells of packets that it has no room for", () => {
  const { injected, dataPath } = injecting();
  const lines: string[] = [];
  const packets = new HandedUpPackets(pino({}, { write: (line: string) => void lines.push(line) }));
  for (let i = 0; i < 1025; i++) packets.take(packet("a", 1), dataPath);
  for (const endpoint of ["b", "c", "d", "e"])
    for (let i = 0; i < 1024; i++) packets.take(packet(endpoint, 2), dataPath);
  packets.release("a", dataPath);
  expect(injected).toHaveLength(1024);
  packets.release("e", dataPath);
  expect(injected).toHaveLength(1024);
  expect(lines.join("")).toContain("packet of a new endpoint dropped: too many are waiting");
});

test("lets no packet through that has waited for a minute", () => {
  const { injected, dataPath } = injecting();
  let now = 0;
  const packets = new HandedUpPackets(pino({ enabled: false }), () => now);
  packets.take(packet("a", 1), dataPath);
  now = 30_000;
  packets.take(packet("a", 2), dataPath);
  now = 60_001;
  packets.release("a", dataPath);
  expect(injected).toEqual([2]);
});
