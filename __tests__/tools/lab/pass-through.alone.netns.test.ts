import {
  countPackets,
  describeLab,
  listenOnHttpsPort,
  publicAddressOf,
  refusalsOf,
  TEST_TIMEOUT_MS,
} from "./running-lab";

const FIFTY_MEGABYTES = "52428800";

describeLab(
  "pass-through in the lab",
  { target: "pass-through", configuration: { workload: { inboundCidrs: ["0.0.0.0/0"] } } },
  (lab) => {
    test("ping goes out and comes back; neither AWS nor the appliance lowers the TTL", async () => {
      const output = await lab().check("client", "ping", "-c", "3", "-i", "0.2", "-t", "17", "web.example.test");
      console.log(output);
      expect(output).toContain("3 received");
      expect(output.match(/ttl=64 /g)).toHaveLength(3);
      const seen = lab().spawn("internet", ["tcpdump", "-i", "any", "-n", "-v", "-l", "-c", "1", "icmp[0] == 8"]);
      const text = new Promise<string>((resolve) => {
        let all = "";
        seen.stdout?.on("data", (chunk) => (all += String(chunk)));
        seen.once("exit", () => {
          resolve(all);
        });
      });
      await new Promise((resolve) => seen.stderr?.once("data", resolve));
      await lab().check("client", "ping", "-c", "3", "-i", "0.2", "-t", "17", "web.example.test");
      expect(await text).toContain("ttl 17,");
    });

    test("HTTP and HTTPS arrive at the server from the client's public address", async () => {
      for (const scheme of ["http", "https"]) {
        const output = await lab().check("client", "curl", "-sS", "--max-time", "5", `${scheme}://web.example.test/`);
        expect(output).toBe(`web.example.test at 198.51.100.80 was asked by ${publicAddressOf(lab(), "client")}\n`);
      }
    });

    test(
      "50 MB from the client are byte-identical, both ways",
      async () => {
        const output = await lab().check(
          "client",
          "sh",
          "-ec",
          `curl -sS https://web.example.test/bytes/${FIFTY_MEGABYTES} | sha256sum | cut -d" " -f1
          curl -sS https://web.example.test/sha256/${FIFTY_MEGABYTES}
          head -c ${FIFTY_MEGABYTES} /dev/urandom >/srv/www/fifty
          sha256sum </srv/www/fifty | cut -d" " -f1
          curl -sS --upload-file /srv/www/fifty https://web.example.test/`,
        );
        console.log(output);
        const [got, expected, sent, arrived] = output.trim().split("\n");
        expect(got).toMatch(/^[0-9a-f]{64}$/);
        expect(got).toBe(expected);
        expect(arrived).toBe(sent);
      },
      TEST_TIMEOUT_MS,
    );

    test(
      "50 MB from outside are byte-identical, both ways",
      async () => {
        const address = publicAddressOf(lab(), "client");
        expect(await lab().check("outside", "curl", "-sS", "--max-time", "5", `http://${address}/`)).toBe(
          "hello from client\n",
        );
        await listenOnHttpsPort(lab(), "client");
        const sum = await lab().check("client", "sha256sum", "/srv/www/fifty");
        const file = `${lab().directory}/fifty`;
        const output = await lab().check(
          "outside",
          "sh",
          "-ec",
          `curl -sS http://${address}/fifty >${file}; sha256sum <${file}; curl -sS --upload-file ${file} http://${address}:443/`,
        );
        const [got, arrived] = output.trim().split("\n");
        expect(got?.slice(0, 64)).toBe(sum.slice(0, 64));
        expect(arrived).toBe(sum.slice(0, 64));
      },
      TEST_TIMEOUT_MS,
    );

    test("a packet is where the article says, and nowhere else: no copy leaks", async () => {
      const hosts = lab().hosts.filter((host) => !host.endsWith("-eni"));
      const ping = (): Promise<string> => lab().check("client", "ping", "-c", "10", "-i", "0.05", "198.51.100.80");
      const inner = await countPackets(lab(), hosts, "icmp", ping);
      const outer = await countPackets(lab(), hosts, "udp port 6081", ping);
      console.table({ inner, outer });
      // Ten requests and ten answers, each counted when it comes to a host and when it leaves.
      expect(inner).toEqual({
        client: 20,
        "client-vpc": 80, // to the endpoint and from it, out and back
        gwlb: 40,
        "client-vpc-igw": 40,
        internet: 20,
        ...{ appliance: 0, "inspection-vpc": 0, "inspection-vpc-igw": 0, outside: 0 },
      });
      expect(outer).toEqual({
        gwlb: 40,
        "inspection-vpc": 80,
        appliance: 40,
        ...{ client: 0, "client-vpc": 0, "client-vpc-igw": 0, internet: 0, "inspection-vpc-igw": 0, outside: 0 },
      });
    });

    test("the load balancer has refused nothing", async () => {
      const { flows } = await lab().report();
      expect(flows.length).toBeGreaterThan(5);
      expect(flows.filter(({ packetsOut, packetsBack }) => packetsOut !== packetsBack)).toEqual([]);
      expect(await refusalsOf(lab())).toEqual({});
    });
  },
);
