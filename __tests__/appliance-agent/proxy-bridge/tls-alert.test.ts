import { encodeFatalAlert } from "../../../appliance-agent/src/proxy-bridge/tls-alert";

test.each([
  ["unrecognizedName", "15030300020270"],
  ["accessDenied", "15030300020231"],
  ["internalError", "15030300020250"],
] as const)("%s is the record of RFC 8446 §6 and RFC 5246 §7.2", (alert, bytes) => {
  expect(Buffer.from(encodeFatalAlert(alert)).toString("hex")).toBe(bytes);
});
