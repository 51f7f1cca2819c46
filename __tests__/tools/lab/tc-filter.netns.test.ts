import { once } from "node:events";
import type { Rule } from "../../../appliance-agent/src/rules/rule";
import { describeLab, listenOnHttpsPort, publicAddressOf, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";
import { differencesOf } from "../../../tools/lab/trace/render-trace";
import { traceLab, type TraceRequest } from "../../../tools/lab/trace/trace-lab";
import { whileListening } from "../../../tools/lab/trace/while-listening";
import { eventually } from "../../support/namespaces";

const INBOUND = { workload: { inboundCidrs: ["0.0.0.0/0"] } };

const curl = (url: string): string[] => ["curl", "-sS", "--max-time", "3", url];

/** curl's exit status for a time-out. */
const TIMED_OUT = 28;

/** Sends IPv6 SYNs through an endpoint from the VPC's router, and prints the ports of those that come back from it. */
const IPV6_PROBE = `
import select, socket, struct, sys, time
interface, ours, endpoint, ports = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86dd))
link.bind((interface, 0))
client, server = (socket.inet_pton(socket.AF_INET6, a) for a in ("2001:db8:1::10", "2001:db8:2::80"))
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
for source, destination in ((client, server), (server, client)):
    for port in ports:
        tcp = struct.pack("!HHIIBBHHH", 40000, int(port), 1, 0, 0x50, 2, 1024, 0, 0)
        pseudo = source + destination + struct.pack("!II", len(tcp), 6)
        tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]
        packet = struct.pack("!IHBB", 6 << 28, len(tcp), 6, 64) + source + destination + tcp
        link.send(bytes.fromhex(endpoint.replace(":", "") + ours.replace(":", "")) + b"\\x86\\xdd" + packet)
end = time.time() + 2
while time.time() < end:
    if select.select([link], [], [], 0.1)[0]:
        frame, address = link.recvfrom(2000)
        if address[2] != socket.PACKET_OUTGOING:
            print("out" if frame[22:38] == client else "in", struct.unpack("!H", frame[56:58])[0])
`;

describeLab("tc-filter in the lab", { target: "tc-filter", configuration: INBOUND }, (lab) => {
  test(
    "TCP port 80 is dropped both ways, everything else passes",
    async () => {
      const http = await lab().exec("client", ...curl("http://web.example.test/"));
      expect(http).toMatchObject({ status: TIMED_OUT, stdout: "" });
      const address = publicAddressOf(lab(), "client");
      const inbound = await lab().exec("outside", ...curl(`http://${address}/`));
      expect(inbound).toMatchObject({ status: TIMED_OUT, stdout: "" });

      expect(await lab().check("client", ...curl("https://web.example.test/"))).toContain("was asked by 203.0.113.");
      expect(await lab().check("client", "ping", "-c", "2", "-i", "0.2", "web.example.test")).toContain("2 received");
      await listenOnHttpsPort(lab(), "client");
      expect(await lab().check("outside", ...curl(`http://${address}:443/`))).toMatch(/^[0-9a-f]{64}\n$/);
      expect(await lab().check("outside", "ping", "-c", "2", "-i", "0.2", address)).toContain("2 received");
      const rules = await lab().check("appliance", "gwlb-agent", "rules");
      console.log(`${http.stderr}${inbound.stderr}${rules}`);
    },
    TEST_TIMEOUT_MS,
  );

  test.each<[string, TraceRequest, string[]]>([
    ["UDP port 53, out", { probe: { protocol: "udp", port: 53 } }, ["delivered", "delivered"]],
    ["TCP port 443, in", { probe: { protocol: "tcp", port: 443 }, from: "outside" }, ["delivered", "delivered"]],
    [
      "UDP port 53, in, closed in the security group",
      { probe: { protocol: "udp", port: 53 }, from: "outside" },
      ["dropped"],
    ],
  ])(
    "a trace to a port that nobody else listens on: %s",
    async (_, request, ends) => {
      const trace = await traceLab(lab(), request);
      console.log(trace.ways.map(({ title }) => title).join("\n"));
      expect(differencesOf(trace)).toEqual([]);
      expect(trace.ways.map(({ predicted }) => predicted.verdict.kind)).toEqual(ends);
      expect(trace.ways.every(({ hops }) => hops.every(({ observed }) => observed !== undefined))).toBe(true);
    },
    TEST_TIMEOUT_MS,
  );

  test("fails when nobody can listen on the port", async () => {
    const program = `require("node:dgram").createSocket("udp4").bind(5353, () => console.log("listens"))`;
    const squatter = lab().spawn("client", [process.execPath, "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    if (squatter.stdout) await once(squatter.stdout, "data");
    const missing = { host: "client", address: "192.0.2.1" };
    const port = { protocol: "udp", port: 5353 } as const;
    const nothing = () => Promise.resolve();
    await expect(whileListening(lab(), missing, port, nothing)).rejects.toThrow(
      "trace: somebody must listen on udp port 5353 of client (192.0.2.1), got bind EADDRNOTAVAIL 192.0.2.1:5353; free it",
    );
    let ran = false;
    await whileListening(lab(), { ...missing, address: "0.0.0.0" }, port, async () => {
      ran = true;
    });
    expect(ran).toBe(true);
    squatter.kill();
  });

  test("the same holds for IPv6, injected at the endpoint, because the stack has none", async () => {
    const [endpoint] = lab().plan.wiring.endpoints;
    if (!endpoint) throw new Error("no endpoint");
    const { routerInterface, routerMac, mac, vpc } = endpoint;
    const ports = ["80", "443", "8080"];
    const probe = ["/usr/bin/python3", "-c", IPV6_PROBE, routerInterface, routerMac, mac, ...ports];
    const returned = (await lab().check(vpc.host, ...probe)).trim().split("\n").sort();
    console.log(returned);
    expect(returned).toEqual(["in 443", "in 8080", "out 443", "out 8080"]);
  });

  test(
    "changed rules of the configuration take effect with no restart and no lost packet on other flows",
    async () => {
      const pid = (): string => lab().machine("appliance").property("gwlb-agent.service", "MainPID");
      const before = pid();
      const ping = lab().check("client", "ping", "-c", "300", "-i", "0.05", "-q", "web.example.test");
      const name = "no-https";
      const rule: Rule = { name, match: { protocol: "tcp", destinationPorts: [443] }, action: "drop" };
      const changed = await lab().deploy({ ...INBOUND, filter: { rules: [rule] } });
      expect(changed).toEqual([expect.stringMatching(/^gwlb-agent-\w+\/agent\/eu-west-1a\.json$/)]);
      const rules = (): string => lab().machine("appliance").exec("gwlb-agent", "rules").stdout;
      await eventually("the agent to load the new rule", () => (rules().includes(name) ? true : undefined), rules, 30);

      const http = await lab().check("client", ...curl("http://web.example.test/"));
      const https = await lab().exec("client", ...curl("https://web.example.test/"));
      expect(http).toContain("was asked by");
      expect(https.status).toBe(TIMED_OUT);
      const summary = await ping;
      console.log(`${changed.join(" ")}\n${http}${https.stderr}${summary}`);
      expect(summary).toContain("300 received, 0% packet loss");
      expect(pid()).toBe(before);
      expect(lab().machine("appliance").property("gwlb-agent.service", "NRestarts")).toBe("0");
    },
    TEST_TIMEOUT_MS,
  );

  test("the load balancer has refused nothing", async () => {
    expect(await refusalsOf(lab())).toEqual({});
  });
});
