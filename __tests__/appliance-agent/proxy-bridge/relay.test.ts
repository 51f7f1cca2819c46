import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { received } from "../../../tools/bridge-lab/bridge-lab";
import { relay } from "../../../appliance-agent/src/proxy-bridge/relay";

const opened: { destroy?(): void; close?(): void }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) (each.destroy ?? each.close)?.call(each);
});

/** A client and a server, with the relay between them. */
async function relayed(idleMs = 5000): Promise<{ client: Socket; server: Socket }> {
  const listeners = [createServer({ allowHalfOpen: true }), createServer({ allowHalfOpen: true })];
  const portOf = async (at: number) => {
    const listener = listeners[at]?.listen(0, "127.0.0.1");
    if (listener) await once(listener, "listening");
    return (listener?.address() as AddressInfo).port;
  };
  const [front, back] = [await portOf(0), await portOf(1)];
  const dial = async (port: number, at: number) => {
    const dialled = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const [accepted] = (await once(listeners[at] as NodeJS.EventEmitter, "connection")) as [Socket];
    return { dialled, accepted };
  };
  const first = await dial(front, 0);
  const second = await dial(back, 1);
  relay(first.accepted, second.dialled, idleMs);
  opened.push(first.dialled, first.accepted, second.dialled, second.accepted, ...listeners);
  return { client: first.dialled, server: second.accepted };
}

test("a client that has finished still gets everything, and so does a server", async () => {
  for (const [one, other] of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    const ends = await relayed();
    const heard = received(ends[other]);
    ends[one].end("question");
    expect(await heard).toBe("question");
    const answer = received(ends[one]);
    ends[other].write("ans");
    ends[other].end("wer");
    expect(await answer).toBe("answer");
  }
});

test("a reset of one end resets the other: what was cut short does not look whole", async () => {
  for (const [one, other] of [
    ["client", "server"],
    ["server", "client"],
  ] as const) {
    const ends = await relayed();
    const heard = received(ends[other]);
    /* Only once it has been read: libuv takes a reset that comes together with data for the end (uv__stream_io, POLLHUP). */
    ends[other].once("data", () => ends[one].resetAndDestroy());
    ends[one].write("half of");
    await expect(heard).rejects.toMatchObject({ code: "ECONNRESET" });
  }
});

test("both ends are reset when nothing has come for the idle time", async () => {
  const ends = await relayed(200);
  const both = [received(ends.client), received(ends.server)];
  await Promise.all(both.map((heard) => expect(heard).rejects.toMatchObject({ code: "ECONNRESET" })));
});
