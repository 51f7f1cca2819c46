import koffi, { type KoffiFunc, type TypeObject } from "koffi";
import { BpfError } from "./bpf-error";
import type { BpfMap } from "./bpf-map";
import type { HandedUpPacket } from "./data-path";
import { decodeEndpoint } from "./endpoint-entry";
import { libbpf } from "./libbpf";

/** Bytes of `struct event` in ebpf/endpoints.h. */
const EVENT_BYTES = 16;
/** Between two looks at whether the reader was closed. */
const WAIT_MILLISECONDS = 200;
const POLLIN = 1;
/**
 * Events of one turn. libbpf reads until the ring is empty, and under a flood of packets for a new endpoint it never is:
 * the agent would not come to make the devices that end it.
 */
const MOST_EVENTS = 256;
/** What ends libbpf's reading; the event is read. */
const ENOUGH = -1;

/** What the programs tell at once. */
export interface EventListener {
  newEndpoint(endpoint: string): void;
  handedUp(packet: HandedUpPacket): void;
}

type Poll = KoffiFunc<(fds: Uint8Array, count: number, milliseconds: number) => number>;

/** Reads the ring buffer of the programs until it is closed; it waits in a thread, so that events come at once. */
export class EventReader {
  private closed = false;
  private eventsOfTurn = 0;
  private readonly poll: Poll;
  private readonly pollFd = Buffer.alloc(8); // struct pollfd
  private readonly callback: bigint;
  private readonly ring: object;

  constructor(events: BpfMap, listener: EventListener) {
    this.callback = koffi.register((_context: unknown, sample: unknown, size: number | bigint) => {
      const bytes = koffi.decode(sample, koffi.array("uint8", Number(size), "Typed")) as Uint8Array;
      dispatch(Buffer.from(bytes), listener);
      return ++this.eventsOfTurn < MOST_EVENTS ? 0 : ENOUGH;
    }, koffi.pointer(sampleCallback()));
    const ring = libbpf().ring_buffer__new(events.fd, this.callback, null, null);
    if (!ring) throw new BpfError("map events", "read the ring buffer", "EINVAL");
    this.ring = ring;
    this.poll = koffi.load("libc.so.6").func("int poll(void *, unsigned long, int)") as unknown as Poll;
    this.pollFd.writeInt32LE(events.fd, 0);
    this.pollFd.writeInt16LE(POLLIN, 4);
    this.wait();
  }

  /** Ends the reading and the process's waiting for it, a fifth of a second later at most. */
  close(): void {
    this.closed = true;
  }

  private wait(): void {
    this.poll.async(this.pollFd, 1, WAIT_MILLISECONDS, () => {
      if (this.closed) return this.free();
      this.eventsOfTurn = 0;
      libbpf().ring_buffer__consume(this.ring);
      this.wait();
    });
  }

  private free(): void {
    libbpf().ring_buffer__free(this.ring);
    koffi.unregister(this.callback);
  }
}

let sampleCallbackType: TypeObject | undefined;

function sampleCallback(): TypeObject {
  return (sampleCallbackType ??= koffi.proto("int (void *context, void *sample, size_t size)"));
}

function dispatch(event: Buffer, listener: EventListener): void {
  const endpoint = decodeEndpoint(event.subarray(0, 8));
  const length = event.readUInt32LE(8);
  if (length === 0) listener.newEndpoint(endpoint);
  else listener.handedUp({ endpoint, packet: event.subarray(EVENT_BYTES, EVENT_BYTES + length) });
}
