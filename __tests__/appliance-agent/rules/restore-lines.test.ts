import { parseRestoreLines } from "../../../appliance-agent/src/rules/restore-lines";

const chain = ":GWLB-FORWARD - [0:0]";

/** What is wrong with lines of table filter, after its chain's declaration. */
const problems = (...lines: string[]) =>
  parseRestoreLines(["*filter", chain, ...lines, "COMMIT"]).problems.map(
    ({ line, what, fix }) => `${String(line)}: ${what}; ${fix}`,
  );

test("reads tables and chains in their order", () => {
  const { tables, problems: none } = parseRestoreLines([
    ...["*nat", ":GWLB-PREROUTING - [0:0]", "-A GWLB-PREROUTING -p tcp -j ACCEPT", "COMMIT"],
    ...["*filter", chain, ":GWLB-WEB - [0:0]", "-A GWLB-FORWARD -p tcp -j GWLB-WEB", "-A GWLB-WEB -j DROP", "COMMIT"],
  ]);
  expect(none).toEqual([]);
  expect([...tables].map(([table, chains]) => [table, [...chains]])).toEqual([
    ["nat", [["GWLB-PREROUTING", ["-p tcp -j ACCEPT"]]]],
    [
      "filter",
      [
        ["GWLB-FORWARD", ["-p tcp -j GWLB-WEB"]],
        ["GWLB-WEB", ["-j DROP"]],
      ],
    ],
  ]);
});

test.each([
  ["-A FORWARD -j DROP", "a rule outside GWLB-*; append to GWLB-FORWARD, which FORWARD enters"],
  ["-A GWLB-OTHER -j DROP", "a rule of an undeclared chain; declare it before: :GWLB-OTHER - [0:0]"],
  ["-I GWLB-FORWARD 1 -j DROP", "not a command that is allowed; write -A GWLB-..., a :chain, a *table or COMMIT"],
  ["-F", "not a command that is allowed; write -A GWLB-..., a :chain, a *table or COMMIT"],
  ["-P FORWARD DROP", "not a command that is allowed; write -A GWLB-..., a :chain, a *table or COMMIT"],
  [":FORWARD DROP [0:0]", "not a chain's declaration; write :GWLB-NAME - [0:0]"],
  [":OTHER - [0:0]", "a chain outside GWLB-*; name it GWLB- and letters, digits, _ or -, at most 28 characters"],
  [
    `:GWLB-${"A".repeat(24)} - [0:0]`,
    "a chain outside GWLB-*; name it GWLB- and letters, digits, _ or -, at most 28 characters",
  ],
  [chain, "a chain declared twice; remove one declaration"],
  ["*nat", "a table inside another; end the first with COMMIT"],
  ["*security", "an unknown table; use one of raw, nat, mangle, filter"],
  ["-A GWLB-FORWARD -j ACCEPT\n-F", "a line with a control character; write one line, without line ends"],
  ["-A GWLB-FORWARD -j ACCEPT -M /bin/sh", "-M in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD -M/bin/sh -j ACCEPT", "-M/bin/sh in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD --modprobe=/bin/sh -j ACCEPT", "--modprobe=/bin/sh in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD --mod /bin/sh -j ACCEPT", "--mod in a rule; leave only matches and a target"],
  ['-A GWLB-FORWARD "-M" /bin/sh -j ACCEPT', "-M in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD -'M' /bin/sh -j ACCEPT", "-M in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD -fM/bin/sh -j ACCEPT", "-fM/bin/sh in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD -t nat -j ACCEPT", "-t in a rule; leave only matches and a target"],
  ["-A GWLB-FORWARD -j ACCEPT -D FORWARD 1", "-D in a rule; leave only matches and a target"],
])("refuses %j", (line, problem) => {
  expect(problems(line)).toContainEqual(`2: ${problem}`);
});

test.each([
  "-A GWLB-FORWARD -p tcp -m tcp --dport 80 -m statistic --mode random --probability 0.5 -j DROP",
  '-A GWLB-FORWARD -i gwi-+ -m comment --comment "web, not mail" -j ACCEPT',
  "-A GWLB-FORWARD ! -s 10.1.0.0/24 -d 10.2.0.0/24 -f -m conntrack --ctstate NEW -g GWLB-FORWARD",
])("takes %j", (line) => {
  expect(problems(line)).toEqual([]);
});

test.each(["GWLB-ENDPOINTS", "GWLB-MARTIANS"])("refuses the agent's own chain %s", (name) => {
  const own = parseRestoreLines(["*mangle", `:${name} - [0:0]`, "COMMIT"]).problems;
  expect(own).toEqual([{ line: 1, what: "a chain that is the agent's own", fix: "use another name" }]);
  expect(parseRestoreLines(["*filter", `:${name} - [0:0]`, "COMMIT"]).problems).toEqual([]);
});

test("refuses lines outside a table and a table without end", () => {
  expect(parseRestoreLines([chain]).problems[0]?.what).toBe("a line outside a table");
  expect(parseRestoreLines(["*filter"]).problems[0]?.what).toBe("a table without its end");
});
