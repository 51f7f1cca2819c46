import { describeLab, listenOnHttpsPort, publicAddressOf, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";

const CONFIGURATION = {
  workload: { inboundCidrs: ["0.0.0.0/0"] },
  squidBastion: { deniedDomains: ["blocked.example.test"] },
};

const curl = (...words: string[]): string[] => ["curl", "-sS", "--max-time", "4", ...words];

describeLab("squid-bastion in the lab", { target: "squid-bastion", configuration: CONFIGURATION }, (lab) => {
  const log = (): Promise<string> => lab().check("bastion", "cat", "/var/log/squid/access.log");
  const clientAddress = (): string =>
    lab().plan.wiring.instances.find(({ host }) => host === "client")?.addresses[0] ?? "";

  test("a connection of the appliance's own stays up while endpoints appear, and new ones work", async () => {
    const program = `
      const socket = require("node:net").connect(443, "198.51.100.80", () => console.log("connected"));
      socket.setKeepAlive(true, 1000);
      socket.on("close", () => console.log("closed"));`;
    const session = lab().spawn("appliance", [process.execPath, "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    session.stdout?.on("data", (text) => (said += String(text)));
    await new Promise((resolve) => session.stdout?.once("data", resolve));
    expect(await lab().check("client", "ping", "-c", "20", "-i", "0.1", "web.example.test")).toContain("20 received");
    expect(said).toBe("connected\n");
    const own = await lab().check("appliance", ...curl("https://web.example.test/"));
    expect(own).toBe(`web.example.test at 198.51.100.80 was asked by ${publicAddressOf(lab(), "appliance")}\n`);
    session.kill();
  });

  test("HTTP and HTTPS go through the bastion, whose Squid logs the client's own address and the requested host", async () => {
    for (const scheme of ["http", "https"]) {
      const output = await lab().check("client", ...curl(`${scheme}://web.example.test/`));
      expect(output).toBe(`web.example.test at 198.51.100.80 was asked by ${publicAddressOf(lab(), "bastion")}\n`);
    }
    const lines = await log();
    console.log(lines);
    expect(lines).toMatch(new RegExp(` ${clientAddress()} -> \\S+ TCP_MISS/200 \\d+ GET http://web.example.test/ `));
    expect(lines).toMatch(new RegExp(` ${clientAddress()} -> \\S+ TCP_TUNNEL/200 \\d+ CONNECT web.example.test:443 `));
  });

  test("a name that the two VPCs resolve differently works, by the bastion's answer", async () => {
    expect(await lab().check("client", "getent", "ahostsv4", "cdn.example.test")).toContain("198.51.100.80");
    for (const scheme of ["http", "https"]) {
      expect(await lab().check("client", ...curl(`${scheme}://cdn.example.test/`))).toContain("at 198.51.100.82 ");
    }
  });

  test("a denied domain is denied by Host and by SNI", async () => {
    const http = await lab().check(
      "client",
      ...curl("-o", "/dev/null", "-w", "%{http_code}", "http://blocked.example.test/"),
    );
    expect(http).toBe("403");
    const https = await lab().exec("client", ...curl("https://blocked.example.test/"));
    console.log(http, https.stderr);
    expect(https.status).not.toBe(0);
    expect(https.stdout).toBe("");
    expect(
      (await log()).match(
        /TCP_DENIED\/403 \d+ (GET http:\/\/blocked\.example\.test\/|CONNECT blocked\.example\.test:443) /g,
      ),
    ).toHaveLength(2);
    const other = ["--connect-to", "blocked.example.test:443:web.example.test:443", "https://blocked.example.test/"];
    expect((await lab().exec("client", ...curl(...other))).status).not.toBe(0);
  });

  test("HTTPS without a name is refused", async () => {
    const before = await log();
    const { status, stderr } = await lab().exec("client", ...curl("--insecure", "https://198.51.100.80/"));
    console.log(stderr);
    expect(status).not.toBe(0);
    expect(await log()).toBe(before);
  });

  test(
    "inbound TCP port 80 is blocked, other ports and ping pass",
    async () => {
      const address = publicAddressOf(lab(), "client");
      const http = await lab().exec("outside", ...curl(`http://${address}/`));
      console.log(http.stderr);
      expect(http).toMatchObject({ status: 28, stdout: "" });
      await listenOnHttpsPort(lab(), "client");
      expect(await lab().check("outside", ...curl(`http://${address}:443/`))).toMatch(/^[0-9a-f]{64}\n$/);
      expect(await lab().check("outside", "ping", "-c", "2", "-i", "0.2", address)).toContain("2 received");
    },
    TEST_TIMEOUT_MS,
  );

  test("the load balancer has refused nothing", async () => {
    expect(await refusalsOf(lab())).toEqual({});
  });
});
