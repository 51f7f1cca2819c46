import { policyDocument } from "../../../../tools/offline-plan/aws/policy-document";

const statement = (values: object) => ({
  sid: null,
  effect: null,
  actions: null,
  not_actions: null,
  resources: null,
  not_resources: null,
  principals: [],
  not_principals: [],
  condition: [],
  ...values,
});

const document = (config: object) => JSON.parse(policyDocument({ statement: [], ...config } as never)) as unknown;

test("lists are sorted, single values are not lists, and allow is the default", () => {
  const config = { statement: [statement({ actions: ["s3:PutObject", "s3:GetObject"], resources: ["*"] })] };
  expect(document(config)).toEqual({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: ["s3:GetObject", "s3:PutObject"], Resource: "*" }],
  });
});

test("principals are grouped by type, and the public one is a bare star", () => {
  const principals = (...them: object[]) =>
    document({ statement: [statement({ actions: ["a:b"], principals: them })] });
  expect(principals({ type: "Service", identifiers: ["ec2.amazonaws.com"] })).toMatchObject({
    Statement: [{ Principal: { Service: "ec2.amazonaws.com" } }],
  });
  expect(principals({ type: "*", identifiers: ["*"] })).toMatchObject({ Statement: [{ Principal: "*" }] });
  expect(principals({ type: "AWS", identifiers: ["2"] }, { type: "AWS", identifiers: ["1"] })).toMatchObject({
    Statement: [{ Principal: { AWS: ["1", "2"] } }],
  });
});

test("conditions are by test and variable, and &{ is written ${", () => {
  const condition = [{ test: "StringLike", variable: "s3:prefix", values: ["home/&{aws:username}/*"] }];
  expect(document({ statement: [statement({ actions: ["a:b"], condition })] })).toMatchObject({
    Statement: [{ Condition: { StringLike: { "s3:prefix": "home/${aws:username}/*" } } }],
  });
});

test("source documents come first, overrides replace the statement of the same Sid", () => {
  const other = (sid: string, action: string) =>
    JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: sid, Effect: "Allow", Action: action }] });
  expect(
    document({
      source_policy_documents: [other("a", "x:1")],
      statement: [statement({ sid: "b", actions: ["x:2"] })],
      override_policy_documents: [other("a", "x:3")],
    }),
  ).toMatchObject({
    Statement: [
      { Sid: "a", Action: "x:3" },
      { Sid: "b", Action: "x:2" },
    ],
  });
});

test("fails on two statements of one Sid", () => {
  const twice = [statement({ sid: "a" }), statement({ sid: "a" })];
  expect(() => document({ statement: twice })).toThrow(
    "duplicate Sid (a); give every statement its own, or leave it out",
  );
});

test("fails on a source that is not JSON", () => {
  expect(() => document({ source_policy_documents: ["<xml>"] })).toThrow(
    "source_policy_documents: not a JSON policy document, got <xml>; pass the 'json' of another one",
  );
});
