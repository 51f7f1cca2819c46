import { endToEndHeaders } from "../../../appliance-agent/src/proxy-bridge/end-to-end-headers";

test("takes out the fields of the connection and those that Connection names; the rest stays as it was", () => {
  const sent = [
    "Host",
    "a",
    "CONNECTION",
    "close, X-Hop",
    "x-hop",
    "1",
    "TE",
    "trailers",
    "Proxy-Authorization",
    "Basic x",
    "Trailer",
    "Expires",
  ];
  const kept = ["Cookie", "a", "cookie", "b", "X-Forwarded-For", "192.0.2.1"];
  expect(endToEndHeaders([...sent, ...kept, "Transfer-Encoding", "chunked", "Upgrade", "h2c"])).toEqual([
    "Host",
    "a",
    ...kept,
  ]);
});

test("Connection cannot take out what makes the message what it is", () => {
  const headers = ["Host", "a", "Content-Length", "5", "Authorization", "x"];
  expect(endToEndHeaders([...headers, "Connection", "host, Content-Length,authorization"])).toEqual(headers);
});
