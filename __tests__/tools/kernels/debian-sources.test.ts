import { debianSources } from "../../../tools/kernels/debian-sources";

const target = (host: string, codename: string, origin = "Debian", component = "main") =>
  `http://${host}/ ${codename} ${component} ${origin}`;

test("takes the mirrors that apt already uses, each for its own suite, and adds the backports", () => {
  const targets = [
    target("other.example/repo", "nodistro", "Other"),
    target("mirror.example/debian", "bookworm"),
    target("mirror.example/debian", "bookworm", "Debian", "contrib"),
    target("mirror.example/security", "bookworm-security"),
  ].join("\n");
  const signed = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
  expect(debianSources(targets)).toEqual([
    `${signed} http://mirror.example/debian/ bookworm main`,
    `${signed} http://mirror.example/security/ bookworm-security main`,
    `${signed} http://mirror.example/debian/ bookworm-backports main`,
  ]);
});

test.each([
  ["another distribution", target("a.example", "noble", "Ubuntu"), "none of Debian"],
  ["another Debian", target("a.example", "trixie"), "trixie"],
  ["nothing", "", "none of Debian"],
])("fails on %s", (_, targets, found) => {
  expect(() => debianSources(targets)).toThrow(
    new Error(
      `kernels: needs apt sources of Debian 12 (bookworm and bookworm-security), got ${found}; ` +
        "run it on Debian 12, or in a container of it",
    ),
  );
});
