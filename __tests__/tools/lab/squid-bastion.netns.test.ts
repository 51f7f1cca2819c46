import { once } from "node:events";
import { INTERNET } from "../../../tools/lab/fabric/internet";
import { eventually } from "../../support/namespaces";
import { describeLab, listenOnHttpsPort, publicAddressOf, refusalsOf, TEST_TIMEOUT_MS } from "./running-lab";

const CONFIGURATION = {
  workload: { inboundCidrs: ["0.0.0.0/0"] },
  appliance: { managementCidrs: [`${INTERNET.outside}/32`] },
  squidBastion: { deniedDomains: ["blocked.example.test"] },
};

/** timeout(1)'s exit status. */
const NO_ANSWER = 124;

/** Where sshd listens; it says back what it is told. */
const SSH_SERVER = `
  require("node:net").createServer((socket) => socket.on("error", () => undefined).pipe(socket))
    .listen(22, () => console.log("listens"))`;

/** Says a number twenty times a second, and prints each that comes back, with its own port and the milliseconds it took. */
const SSH_CLIENT = `
  const socket = require("node:net").connect(22, process.argv[1]);
  let next = 0;
  const times = [];
  socket.once("connect", () => setInterval(() => { times.push(Date.now()); socket.write(next++ + "\\n"); }, 50));
  require("node:readline").createInterface({ input: socket }).on("line", (line) =>
    console.log(line, socket.localPort, Date.now() - times[line]));
  socket.on("error", (error) => console.log(error.code)).on("close", () => { console.log("closed"); process.exit(1); });`;

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

  test(
    "a management connection from outside stays up through reloads, restarts of the agent and traffic; from elsewhere there is none",
    async () => {
      const address = publicAddressOf(lab(), "appliance");
      const appliance = lab().machine("appliance");
      const server = lab().spawn("appliance", [process.execPath, "-e", SSH_SERVER], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(server.stdout ?? server, "data");
      const session = lab().spawn("outside", [process.execPath, "-e", SSH_CLIENT, address], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const echoed: string[] = [];
      session.stdout?.on("data", (text) => echoed.push(...String(text).trim().split("\n")));
      const untilEchoed = async (what: string): Promise<void> => {
        const before = echoed.length;
        await eventually(
          `echoes after ${what}`,
          () => (echoed.length > before + 5 ? true : undefined),
          () => echoed.slice(-3).join(),
        );
      };
      await untilEchoed("the connection was made");
      const traffic = lab().check(
        "client",
        "sh",
        "-ec",
        'for i in $(seq 200); do "$@" -o /dev/null http://web.example.test/ https://web.example.test/; done',
        "sh",
        ...curl(),
      );

      const status = (): string => appliance.exec("gwlb-agent", "rules").stdout;
      const changed = await lab().deploy({
        ...CONFIGURATION,
        squidBastion: { ...CONFIGURATION.squidBastion, quic: "forward" },
      });
      await eventually("rules without QUIC", () => (status().includes("quic") ? undefined : true), status, 30);
      await untilEchoed("the rules were loaded");

      const [path = ""] = changed;
      const object = lab().loaded.objects.get(path);
      const configuration = JSON.parse(object && "content" in object ? object.content : "") as {
        iptables: { ipv4: string[] };
      };
      // The last table is `filter`, its last line COMMIT.
      const lines = configuration.iptables.ipv4.with(-1, "-A GWLB-FORWARD -p udp --dport 7 -j DROP").concat("COMMIT");
      lab().putObject(path, {
        content: JSON.stringify({ ...configuration, iptables: { ...configuration.iptables, ipv4: lines } }),
      });
      appliance.exec("systemctl", "reload", "gwlb-agent");
      const chain = (): string => appliance.exec("iptables", "-S", "GWLB-FORWARD").stdout;
      await eventually("the new line", () => (chain().includes("--dport 7 ") ? true : undefined), chain, 30);
      await untilEchoed("the fragment was applied");

      const pid = (): string => appliance.property("gwlb-agent.service", "MainPID");
      const pids = [pid()];
      for (const restart of [
        ["systemctl", "restart", "gwlb-agent"],
        ["systemctl", "kill", "--signal=KILL", "gwlb-agent"],
      ]) {
        appliance.exec(...restart);
        await eventually("another agent", () => (["0", ...pids].includes(pid()) ? undefined : true), pid, 30);
        pids.push(pid());
        await untilEchoed(restart.join(" "));
      }
      await traffic;

      const elsewhere = ["sh", "-c", `exec timeout 2 bash -c '</dev/tcp/${address}/22'`];
      expect((await lab().exec("internet", ...elsewhere)).status).toBe(NO_ANSWER);
      const otherPort = ["sh", "-c", `exec timeout 2 bash -c '</dev/tcp/${address}/8080'`];
      expect((await lab().exec("outside", ...otherPort)).status).toBe(NO_ANSWER);
      session.kill();
      server.kill();
      const answers = echoed.map((line) => line.split(" ").map(Number));
      console.log(
        `${String(answers.length)} echoes, the slowest after ${String(Math.max(...answers.map(([, , ms]) => ms ?? 0)))} ms; agents ${pids.join(" ")}`,
      );
      expect(answers.map(([number]) => number)).toEqual(answers.map((_, index) => index));
      expect(new Set(answers.map(([, port]) => port)).size).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  test("HTTP and HTTPS go through the bastion, whose Squid logs the client's own address and the requested host", async () => {
    for (const scheme of ["http", "https"]) {
      const output = await lab().check("client", ...curl(`${scheme}://web.example.test/`));
      expect(output).toBe(`web.example.test at 198.51.100.80 was asked by ${publicAddressOf(lab(), "bastion")}\n`);
    }
    const lines = await log();
    console.log(lines.trim().split("\n").slice(-2).join("\n"));
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
      const http = await lab().exec("outside", ...curl("--max-time", "2", `http://${address}/`));
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
