"""Names of DNS types and response codes: the common rows of two IANA registries, and what stands for the others.

Tables only.
"""

A = 1
NS = 2
CNAME = 5
SOA = 6
PTR = 12
MX = 15
TXT = 16
AAAA = 28
SRV = 33
DNAME = 39
OPT = 41
SVCB = 64
HTTPS = 65
SPF = 99

TYPES = {
    A: "A",
    NS: "NS",
    3: "MD",
    4: "MF",
    CNAME: "CNAME",
    SOA: "SOA",
    7: "MB",
    8: "MG",
    9: "MR",
    10: "NULL",
    11: "WKS",
    PTR: "PTR",
    13: "HINFO",
    14: "MINFO",
    MX: "MX",
    TXT: "TXT",
    17: "RP",
    18: "AFSDB",
    19: "X25",
    20: "ISDN",
    21: "RT",
    22: "NSAP",
    24: "SIG",
    25: "KEY",
    26: "PX",
    27: "GPOS",
    AAAA: "AAAA",
    29: "LOC",
    30: "NXT",
    31: "EID",
    32: "NIMLOC",
    SRV: "SRV",
    35: "NAPTR",
    36: "KX",
    37: "CERT",
    38: "A6",
    DNAME: "DNAME",
    OPT: "OPT",
    42: "APL",
    43: "DS",
    44: "SSHFP",
    45: "IPSECKEY",
    46: "RRSIG",
    47: "NSEC",
    48: "DNSKEY",
    49: "DHCID",
    50: "NSEC3",
    51: "NSEC3PARAM",
    52: "TLSA",
    53: "SMIMEA",
    55: "HIP",
    59: "CDS",
    60: "CDNSKEY",
    61: "OPENPGPKEY",
    62: "CSYNC",
    63: "ZONEMD",
    SVCB: "SVCB",
    HTTPS: "HTTPS",
    SPF: "SPF",
    104: "NID",
    105: "L32",
    106: "L64",
    107: "LP",
    108: "EUI48",
    109: "EUI64",
    249: "TKEY",
    250: "TSIG",
    251: "IXFR",
    252: "AXFR",
    253: "MAILB",
    254: "MAILA",
    255: "ANY",
    256: "URI",
    257: "CAA",
    258: "AVC",
    260: "AMTRELAY",
    32768: "TA",
    32769: "DLV",
}

RCODES = {
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    6: "YXDOMAIN",
    7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH",
    10: "NOTZONE",
    11: "DSOTYPENI",
    16: "BADVERS",
    17: "BADKEY",
    18: "BADTIME",
    19: "BADMODE",
    20: "BADNAME",
    21: "BADALG",
    22: "BADTRUNC",
    23: "BADCOOKIE",
}


def type_name(number: int) -> str:
    """Return ``AAAA``, or ``TYPE65280`` for what has no name here (RFC 3597 section 5)."""
    return TYPES.get(number) or f"TYPE{number}"


def rcode_name(number: int) -> str:
    """Return ``NXDOMAIN``, or ``RCODE12`` for what has no name here."""
    return RCODES.get(number) or f"RCODE{number}"
