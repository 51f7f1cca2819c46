import { describeMissing, missingPackages } from "../../../tools/setup/system-packages";

const present = { provides: "sh", apt: "dash", usedFor: "this test" };
const absentCommand = { provides: "no-such-command", apt: "no-such-deb", dnf: "no-such-rpm", usedFor: "this test" };
const absentFile = { provides: "/no/such/file", apt: "no-such-deb", usedFor: "this test" };

test("lists only what is missing, commands and files", () => {
  expect(missingPackages([present, absentCommand, absentFile])).toEqual([absentCommand, absentFile]);
});

test("says what each missing package is for and how to install it", () => {
  expect(describeMissing([absentCommand, absentFile])).toEqual([
    "no-such-command: not found, needed for this test; install Debian's 'no-such-deb' or Amazon Linux's 'no-such-rpm'",
    "/no/such/file: not found, needed for this test; install Debian's 'no-such-deb'",
  ]);
});
