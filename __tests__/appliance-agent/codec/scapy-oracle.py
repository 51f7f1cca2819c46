"""An independent reader and writer of packets: `build N SEED` prints N packets with their fields, `dissect` prints the
fields of the packets on standard input. One JSON object a line; bytes are hexadecimal."""

import json
import logging
import random
import sys

logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.contrib.geneve import GENEVE, GeneveOptions  # noqa: E402
from scapy.layers.inet import ICMP, IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    PadN,
)


def options_of(geneve):
    """One after the other: in a list scapy 2.5 stops at an option without data."""
    rest = bytes(geneve)[8 : 8 + geneve.optionlen * 4]
    while rest:
        option = GeneveOptions(rest)
        yield option
        rest = rest[4 + option.length * 4 :]


def fields(packet):
    """What tests compare; a layer that is missing is absent."""
    outer, geneve = packet[IP], packet[GENEVE]
    inner = geneve.payload
    found = {
        "outer": {"source": outer.src, "destination": outer.dst, "ttl": outer.ttl, "identification": outer.id},
        "udp": {"sourcePort": packet[UDP].sport, "destinationPort": packet[UDP].dport, "length": packet[UDP].len},
        "geneve": {
            "control": bool(geneve.oam),
            "critical": bool(geneve.critical),
            "protocolType": geneve.proto,
            "vni": geneve.vni,
        },
        "options": [
            {"optionClass": o.classid, "type": o.type, "reserved": o.reserved, "data": bytes(o.data).hex()}
            for o in options_of(geneve)
        ],
        "inner": bytes(inner).hex(),
    }
    if inner.haslayer(IPv6):
        ip = inner[IPv6]
        found["ipv6"] = {
            "source": ip.src,
            "destination": ip.dst,
            "trafficClass": ip.tc,
            "flowLabel": ip.fl,
            "hopLimit": ip.hlim,
            "payloadLength": ip.plen,
            "nextHeader": ip.nh,
        }
        if inner.haslayer(IPv6ExtHdrFragment):
            fragment = inner[IPv6ExtHdrFragment]
            found["fragment"] = {
                "offset": fragment.offset * 8,
                "moreFragments": bool(fragment.m),
                "identification": fragment.id,
            }
    else:
        ip = inner[IP]
        found["ipv4"] = {
            "source": ip.src,
            "destination": ip.dst,
            "dscp": ip.tos >> 2,
            "ecn": ip.tos & 3,
            "totalLength": ip.len,
            "identification": ip.id,
            "dontFragment": "DF" in ip.flags,
            "moreFragments": "MF" in ip.flags,
            "fragmentOffset": ip.frag * 8,
            "ttl": ip.ttl,
            "protocol": ip.proto,
            "checksum": ip.chksum,
        }
    if inner.haslayer(TCP):
        tcp = inner[TCP]
        found["tcp"] = {
            "sourcePort": tcp.sport,
            "destinationPort": tcp.dport,
            "sequenceNumber": tcp.seq,
            "acknowledgmentNumber": tcp.ack,
            "flags": int(tcp.flags),
            "window": tcp.window,
            "checksum": tcp.chksum,
            "urgentPointer": tcp.urgptr,
        }
    elif inner.haslayer(UDP):
        udp = inner[UDP]
        found["innerUdp"] = {
            "sourcePort": udp.sport,
            "destinationPort": udp.dport,
            "length": udp.len,
            "checksum": udp.chksum,
        }
    elif inner.haslayer(ICMP):
        icmp = inner[ICMP]
        found["icmp"] = {"type": icmp.type, "code": icmp.code, "checksum": icmp.chksum}
    elif inner.haslayer(ICMPv6EchoRequest):
        icmp = inner[ICMPv6EchoRequest]
        found["icmpv6"] = {"type": icmp.type, "code": icmp.code, "checksum": icmp.cksum}
    return found


def build(some):
    """A random packet of a Gateway Load Balancer, and some that it would not send."""

    def data(count):
        return bytes(some.randrange(256) for _ in range(count))

    def v4():
        return ".".join(str(some.randrange(1, 255)) for _ in range(4))

    def v6():
        return "2001:db8:" + ":".join(f"{some.randrange(1, 65536):x}" for _ in range(6))

    ports = {"sport": some.randrange(40000, 50000), "dport": some.choice([80, 443, 40000 + some.randrange(9999)])}
    upper = some.choice(["tcp", "udp", "icmp"])
    if some.random() < 0.5:
        inner = IP(
            src=v4(), dst=v4(), ttl=some.randrange(1, 256), id=some.randrange(65536), tos=some.randrange(256),
            flags=some.choice(["", "DF"]),
        )
        icmp = ICMP(type=8, code=0, id=some.randrange(65536), seq=some.randrange(65536))
    else:
        inner = IPv6(src=v6(), dst=v6(), hlim=some.randrange(1, 256), tc=some.randrange(256), fl=some.randrange(1 << 20))
        if some.random() < 0.3:
            inner /= IPv6ExtHdrHopByHop(options=[PadN(optdata=data(4))])
        if some.random() < 0.3:
            inner /= IPv6ExtHdrDestOpt(options=[PadN(optdata=data(12))])
        if some.random() < 0.3:
            inner /= IPv6ExtHdrFragment(id=some.randrange(1 << 32), offset=0, m=1)
        icmp = ICMPv6EchoRequest(id=some.randrange(65536), seq=some.randrange(65536))
    if upper == "tcp":
        inner /= TCP(
            **ports, seq=some.randrange(1 << 32), ack=some.randrange(1 << 32), flags=some.randrange(256),
            window=some.randrange(65536), urgptr=some.randrange(65536), options=some.choice([[], [("MSS", 8460)]]),
        )
    else:
        inner /= UDP(**ports) if upper == "udp" else icmp
    inner /= data(some.randrange(0, 64))
    # Both lengths are given: computed, scapy 2.5 masks the first with 0x2f and clears the reserved bits of the second.
    lengths = [some.randrange(0, 5) for _ in range(some.randrange(0, 9))]
    options = [
        GeneveOptions(classid=some.choice([0x108, some.randrange(65536)]), type=some.randrange(256),
                      reserved=some.randrange(8), length=length, data=data(4 * length))
        for length in lengths
    ]
    return (
        IP(src=v4(), dst=v4(), ttl=some.randrange(1, 256), id=some.randrange(65536))
        / UDP(sport=some.randrange(1024, 65536), dport=6081)
        / GENEVE(optionlen=sum(lengths) + len(lengths), vni=some.randrange(1 << 24), proto=0x86DD if inner.version == 6 else 0x0800, oam=some.randrange(2),
                 critical=some.randrange(2), options=options)
        / inner
    )


def main():
    if sys.argv[1] == "build":
        some = random.Random(int(sys.argv[3]))
        for _ in range(int(sys.argv[2])):
            packet = bytes(build(some))
            print(json.dumps({"packet": packet.hex(), **fields(IP(packet))}))
    else:
        for line in sys.stdin:
            print(json.dumps(fields(IP(bytes.fromhex(line)))))


main()
