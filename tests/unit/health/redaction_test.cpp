#include "health/redaction.hpp"

#include <doctest/doctest.h>

using namespace ipop::health;

TEST_CASE("private keys are taken out of a report, certificates stay") {
  Redaction redaction({}, false);
  CHECK(redaction.apply("a\n-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\nb") ==
        "a\n[private key]\nb");
  CHECK(redaction.apply("-----BEGIN PRIVATE KEY-----\nMHcC") == "[private key]");
  const std::string certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  CHECK(redaction.apply(certificate) == certificate);
  CHECK(
      redaction.apply(certificate + "-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----") ==
      certificate + "[private key]");
}

TEST_CASE("tokens are taken out wherever they stand, names that begin like them stay") {
  Redaction redaction({}, false);
  CHECK(redaction.apply("join ga1-aeaqg3dbmikgyylcfv3gszzsgu2d now") == "join [token] now");
  CHECK(redaction.apply("gae1-aeaqg3dbmikgyylcfv3gszzsgu2d") == "[token]");
  CHECK(redaction.apply("ga12-aeaqg3dbmikgyylcfv3gszzsgu2d.") == "[token].");
  CHECK(redaction.apply("ga-cert ga1-short ga- ga1-") == "ga-cert ga1-short ga- ga1-");
}

TEST_CASE("secrets that are known are taken out, an empty one is none") {
  Redaction redaction({"lab-abcdef", ""}, false);
  CHECK(redaction.apply("namespace = \"lab-abcdef\"\nlab-abc") == "namespace = \"[secret]\"\nlab-abc");
}

TEST_CASE("an address becomes the same number wherever it stands, and only if asked") {
  const std::string text =
      "from 192.0.2.1:25000 to 10.128.0.7, then [2001:db8::1]:9 and 192.0.2.1. Version 0.1.0 at 12:30:05";
  Redaction shows({}, false);
  CHECK(shows.apply(text) == text);
  Redaction hides({}, true);
  CHECK(hides.apply(text) ==
        "from address-1:25000 to address-2, then [address-3]:9 and address-1. Version 0.1.0 at 12:30:05");
  CHECK(hides.apply("10.128.0.7/9 fe80::") == "address-2/9 address-4");
}
