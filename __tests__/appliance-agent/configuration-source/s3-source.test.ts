import { createServer, IncomingMessage, Server, ServerResponse } from "node:http";
import { AddressInfo } from "node:net";
import { s3Source } from "../../../appliance-agent/src/configuration-source/s3-source";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const CREDENTIALS = { AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret", AWS_REGION: "eu-west-1" };
const environment = { ...process.env };
let server: Server;
let requests: IncomingMessage[];

beforeEach(() => {
  requests = [];
  Object.assign(process.env, CREDENTIALS);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  process.env = { ...environment };
});

/** An S3 of one object on loopback. */
async function s3(answer: Answer, timeoutMs = 2000) {
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return s3Source("s3://bucket/agent/a.json", { endpoint, timeoutMs, pollMs: 50 });
}

const xml = (code: string) => `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`;

/** As S3 answers a conditional GET. */
const conditional: Answer = (request, response) => {
  if (request.headers["if-none-match"] === '"v1"') response.writeHead(304, { ETag: '"v1"' }).end();
  else response.writeHead(200, { ETag: '"v1"', "Content-Type": "application/json" }).end('{"a":1}');
};

test("reads the object, signed, and then only asks whether its ETag changed", async () => {
  const source = await s3(conditional);
  expect(await source.read()).toEqual({ text: '{"a":1}', revision: '"v1"' });
  expect(await source.read('"v1"')).toBeUndefined();
  expect(requests.map(({ method, url }) => `${method} ${url?.split("?")[0]}`)).toEqual(
    Array(2).fill("GET /bucket/agent/a.json"),
  );
  expect(requests[0]?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/s3\/aws4_request/,
  );
  expect(requests[1]?.headers["if-none-match"]).toBe('"v1"');
});

test.each<[string, Answer, string]>([
  [
    "a missing object",
    (_, response) => response.writeHead(404, { "Content-Type": "application/xml" }).end(xml("NoSuchKey")),
    "s3://bucket/agent/a.json: no such object; upload it, or correct --config-s3",
  ],
  [
    "a role that may not read it",
    (_, response) => response.writeHead(403, { "Content-Type": "application/xml" }).end(xml("AccessDenied")),
    "s3://bucket/agent/a.json: access denied (403); allow s3:GetObject on it (and kms:Decrypt, if it is encrypted so) in the instance's role",
  ],
  [
    "a server that never answers",
    () => undefined,
    "s3://bucket/agent/a.json: no answer within 300 ms; check the route to S3 and the S3 gateway endpoint",
  ],
  [
    "a body that never ends",
    (_, response) => response.writeHead(200, { ETag: '"v1"' }).write("{"),
    "s3://bucket/agent/a.json: no answer within 300 ms; check the route to S3 and the S3 gateway endpoint",
  ],
])("fails on %s", async (_, answer, message) => {
  const source = await s3(answer, 300);
  await expect(source.read()).rejects.toThrow(message);
});

test.each<[string, Answer]>([
  ["garbage instead of HTTP", (_, response) => response.socket?.end("\0\0garbage\r\n\r\n")],
  ["an error page that is no XML", (_, response) => response.writeHead(500).end("\u0000<<<")],
  [
    "an object of a gigabyte",
    (_, response) => response.writeHead(200, { ETag: '"v1"', "Content-Length": 2 ** 30 }).write("x"),
  ],
  ["an answer without ETag", (_, response) => response.writeHead(200).end("{}")],
])("fails with the object's name, and goes on working, after %s", async (_, answer) => {
  let current = answer;
  const source = await s3((request, response) => current(request, response), 1500);
  await expect(source.read()).rejects.toThrow(/^s3:\/\/bucket\/agent\/a\.json: /);
  current = conditional;
  expect((await source.read())?.revision).toBe('"v1"');
});

test("fails with the remedy when the instance has no role", async () => {
  const source = await s3((_, response) => response.writeHead(404).end(), 3000);
  delete process.env.AWS_ACCESS_KEY_ID;
  delete process.env.AWS_SECRET_ACCESS_KEY;
  process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_SHARED_CREDENTIALS_FILE = process.env.AWS_CONFIG_FILE = "/nonexistent";
  await expect(source.read()).rejects.toThrow(/no credentials \(.*\); attach an instance profile to this instance$/);
});

test("uses the instance's role and region by IMDSv2", async () => {
  const source = await s3((request, response) => {
    const { url = "", method } = request;
    const answers: Record<string, string> = {
      "/latest/api/token": "TOKEN",
      "/latest/meta-data/placement/region": "eu-central-1",
      "/latest/meta-data/iam/security-credentials/": "role",
      "/latest/meta-data/iam/security-credentials/role": JSON.stringify({
        AccessKeyId: "ASIAROLE",
        SecretAccessKey: "s",
        Token: "SESSION",
        Expiration: "2099-01-01T00:00:00Z",
      }),
    };
    if (url.startsWith("/bucket/")) return conditional(request, response);
    if (method !== "PUT" && request.headers["x-aws-ec2-metadata-token"] !== "TOKEN")
      return response.writeHead(401).end();
    response.end(answers[url]);
  });
  for (const name of Object.keys(CREDENTIALS)) Reflect.deleteProperty(process.env, name);
  process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_SHARED_CREDENTIALS_FILE = process.env.AWS_CONFIG_FILE = "/nonexistent";
  expect((await source.read())?.text).toBe('{"a":1}');
  const signed = requests.find(({ url }) => url?.startsWith("/bucket/"));
  expect(signed?.headers.authorization).toMatch(/Credential=ASIAROLE\/\d{8}\/eu-central-1\/s3\//);
  expect(signed?.headers["x-amz-security-token"]).toBe("SESSION");
});

test("asks again and again while it is watched, and stops", async () => {
  const source = await s3(conditional);
  const stop = new AbortController();
  let calls = 0;
  await new Promise<void>((twice) => source.watch(() => ++calls === 2 && twice(), stop.signal));
  stop.abort();
  const before = calls;
  await new Promise((later) => setTimeout(later, 150));
  expect(calls).toBe(before);
});
