// What ga-firewall asks the machine: users, logins and the packet filter.

#include <cstdlib>
#include <ostream>
#include <string>

#include <doctest/doctest.h>

#include "io/accounts.hpp"
#include "io/nftables.hpp"
#include "io/remote_logins.hpp"

using namespace ipop;
using namespace ipop::io;

TEST_CASE("a user is found by name, and one who is not there is named") {
  CHECK(*uid_of_user("root") == 0);
  const auto nobody = uid_of_user("no-such-user-here");
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().code == Errc::not_found);
  CHECK(nobody.error().message().find("no-such-user-here") != std::string::npos);
}

TEST_CASE("SSH_CONNECTION is read in its three forms and nothing else is") {
  const auto v4 = parse_ssh_connection("192.0.2.7 50000 198.51.100.1 22");
  REQUIRE(v4.size() == 1);
  CHECK(to_string(v4[0].local) == "198.51.100.1:22");
  CHECK(to_string(v4[0].remote) == "192.0.2.7:50000");
  CHECK(to_string(parse_ssh_connection("fe80::1%eth0 5 fe80::2%eth0 22").at(0).local) == "[fe80::2]:22");
  CHECK(to_string(parse_ssh_connection("::ffff:192.0.2.7 5 ::ffff:198.51.100.1 22").at(0).local) == "198.51.100.1:22");
  for (const char* text : {"", "192.0.2.7 50000 198.51.100.1", "a b c d", "192.0.2.7 x 198.51.100.1 22",
                           "192.0.2.7 1 198.51.100.1 99999", "1 2 3 4 5"})
    CHECK(parse_ssh_connection(text).empty());
}

TEST_CASE("established connections are read from the kernel's table, all else is skipped") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0\n"
      "   1: 016433C6:0016 070200C0:C350 01 00000000:00000000 02:0 0     0        0 4242 4 0 20 4 30 10 -1\n"
      "   2: broken\n";
  const auto found = parse_tcp_table(table);
  REQUIRE(found.size() == 1);
  CHECK(to_string(found[0].ends.local) == "198.51.100.1:22");
  CHECK(to_string(found[0].ends.remote) == "192.0.2.7:50000");
  CHECK(found[0].inode == 4242);
  const auto mapped = parse_tcp_table(
      "0: 0000000000000000FFFF0000016433C6:0016 0000000000000000FFFF0000070200C0:C350 01 0:0 0:0 0 0 0 7 1\n");
  REQUIRE(mapped.size() == 1);
  CHECK(to_string(mapped[0].ends.local) == "198.51.100.1:22");
}

TEST_CASE("the login that this process comes from is found in its environment") {
  ::setenv("SSH_CONNECTION", "192.0.2.7 50000 198.51.100.1 22", 1);
  const auto logins = remote_logins();
  ::unsetenv("SSH_CONNECTION");
  bool found = false;
  for (const RemoteLogin& login : logins)
    found = found || to_string(login.remote) == "192.0.2.7:50000";
  CHECK(found);
}

TEST_CASE("a table of rules is shown as the kernel would hold it, without touching this machine's") {
  constexpr const char* table = "table inet ga_unit_test { chain c { tcp dport { 3, 1, 2 } accept; }; }";
  const auto before = read_nft_table("ga_unit_test");
  if (!before) return;  // no right to look, or no nftables
  CHECK_FALSE(before->has_value());
  const auto shown = shown_nft_table(table, "ga_unit_test");
  REQUIRE(shown);
  const bool tried = *shown != table;
  if (tried) CHECK(*shown == "table inet ga_unit_test {\n\tchain c {\n\t\ttcp dport { 1, 2, 3 } accept\n\t}\n}\n");
  CHECK_FALSE((*read_nft_table("ga_unit_test")).has_value());
  if (!tried) return;
  const auto broken = shown_nft_table("table inet ga_unit_test { nonsense }", "ga_unit_test");
  CHECK_FALSE(broken.has_value());
}
