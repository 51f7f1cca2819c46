import { outlineOf } from "../../../tools/start/outline";

const REVIEW = `tc-filter: 2 VPCs, 61 resources

client -> internet, tcp 80: dropped at the appliance by rule drop-http
  out  tcp 10.1.0.12:49152 -> 198.51.100.10:80
     1. client sends from 10.1.0.12
       assumed: something

Findings: 1 warning
  warning  public-exposure  aws_vpc_security_group_ingress_rule.ssh
           aws_instance.appliance takes TCP 22 from everywhere
           fix: Allow administration from known addresses only

Cost: $0.0553 an hour
  list prices of 2026-11-22

Assumed or not readable: 5
  data.aws_ami.image is assumed to find it
`;

const TRACE = `HTTP GET from client to web.example.test
sent 2 times; this is the last

TCP SYN, sent by client; predicted: dropped at aws_instance.appliance: rule drop-http
 1. host aws_instance.client  [client: -> ens5]
    TCP 10.1.0.12:47070 -> 198.51.100.80:80, TTL 64
    predicted: aws_instance.client sends from 10.1.0.12
10. internet 198.51.100.80  [internet: igw-1]

every hop is as predicted
`;

test("a review's outline is what was walked, what came of it, what it costs, and every finding with its fix", () => {
  expect(outlineOf(REVIEW)).toEqual([
    "tc-filter: 2 VPCs, 61 resources",
    "client -> internet, tcp 80: dropped at the appliance by rule drop-http",
    "Findings: 1 warning",
    "  warning  public-exposure  aws_vpc_security_group_ingress_rule.ssh",
    "           aws_instance.appliance takes TCP 22 from everywhere",
    "           fix: Allow administration from known addresses only",
    "Cost: $0.0553 an hour",
  ]);
});

test("a trace's outline is the packet, its ways and the verdict", () => {
  expect(outlineOf(TRACE)).toEqual([
    "HTTP GET from client to web.example.test",
    "sent 2 times; this is the last",
    "TCP SYN, sent by client; predicted: dropped at aws_instance.appliance: rule drop-http",
    "every hop is as predicted",
  ]);
});
