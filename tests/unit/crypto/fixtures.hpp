#pragma once

#include <string_view>

// Made with openssl(1); the keys guard nothing.

namespace ipop::crypto::test {

constexpr std::string_view leaf_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqwbNAYnpoxCP8N/Q
P1CeXObVsLaIrs7cZH9A+6oiZ8qhRANCAAScBClVXg06nv0oAhUn9SRaLm+mrg10
sSoH6o5O+mwbGEenPEizFjs1iQRPZr3K2PmkWmpAZeWQeJLj/i+Q4yB2
-----END PRIVATE KEY-----
)";

/// Of leaf_key, signed by another key; serial 1122334455667788; valid 1795318624 to 2426038624.
constexpr std::string_view leaf_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBFTCBvQIIESIzRFVmd4gwCgYIKoZIzj0EAwIwGTEXMBUGA1UEAwwOc29tZSBh
dXRob3JpdHkwHhcNMjYxMTIyMDMzNzA0WhcNNDYxMTE3MDMzNzA0WjAPMQ0wCwYD
VQQDDARsZWFmMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnAQpVV4NOp79KAIV
J/UkWi5vpq4NdLEqB+qOTvpsGxhHpzxIsxY7NYkET2a9ytj5pFpqQGXlkHiS4/4v
kOMgdjAKBggqhkjOPQQDAgNHADBEAiB7k0nu2PK9IhwNTizT7LVi/MvnnXEE/pEx
aRP6VAywTwIgEClovt9Mb4fKzRKokRYe/c81IAR4Iv/J0uUTUXAifGA=
-----END CERTIFICATE-----
)";

constexpr std::string_view p384_certificate = R"(-----BEGIN CERTIFICATE-----
MIIBsTCCATagAwIBAgIUG2gxrdbi5LI+H8/YsZIvfv76czMwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEcDM4NDAeFw0yNjExMjIwMzM3MDRaFw00NjExMTcwMzM3MDRa
MA8xDTALBgNVBAMMBHAzODQwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAASdIXW3rJp8
RzBCJwwAqkWZp0tnYX4FiJJJlvc0rjXC6od1DTiEMaM6AHR1Z7ZB+FUBPtAyyxLa
/Qso3LVowF/97JxN8ZvaWuR6nUTjyDFUP5fIg/fpHjxm7gsb8vCx3JKjUzBRMB0G
A1UdDgQWBBTppfOZ6pyhqcEFSCTeLgOztvJvyjAfBgNVHSMEGDAWgBTppfOZ6pyh
qcEFSCTeLgOztvJvyjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA2kAMGYC
MQCuTse3Ss7JtWrze0i9HBr5bUufAsmkYuRRw8wzsFMee1QkJAkekM67kMG7F+Zv
nz8CMQD3HXBgXdawT1UyBkLHwez1UtvJb/yWLFdA1RfoCw20d0OPj0q5MgkPn/17
kFpScGs=
-----END CERTIFICATE-----
)";

constexpr std::string_view p384_key = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDAZLQ2+eO0L5TSQCKsk
W+KhHBHFlEx8kDjcYtALL95xdCDF/NSv3S7b5SFGwmG2s2OhZANiAASdIXW3rJp8
RzBCJwwAqkWZp0tnYX4FiJJJlvc0rjXC6od1DTiEMaM6AHR1Z7ZB+FUBPtAyyxLa
/Qso3LVowF/97JxN8ZvaWuR6nUTjyDFUP5fIg/fpHjxm7gsb8vCx3JI=
-----END PRIVATE KEY-----
)";

}  // namespace ipop::crypto::test
