#include "desk/request_files.hpp"

#include "base/hex.hpp"
#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

using desk::RequestFiles;

/// A directory for requests.
class Drawer {
 public:
  Drawer() { REQUIRE(io::make_directories(files().requests(), 0700)); }
  [[nodiscard]] AuthorityFiles files() const { return AuthorityFiles(dir_.path()); }
  [[nodiscard]] RequestFiles requests() const { return RequestFiles(files()); }

 private:
  TempDir dir_;
};

}  // namespace

TEST_CASE("a request is kept until it is removed") {
  const Drawer drawer;
  const auto request = asks("1", "bob");
  const auto& key = request.key_fingerprint();
  CHECK(code_of(drawer.requests().find(key)) == Errc::not_found);
  REQUIRE(drawer.requests().put(request));
  CHECK(drawer.requests().find(key)->der() == request.der());
  drawer.requests().remove(key);
  CHECK(code_of(drawer.requests().find(key)) == Errc::not_found);
}

TEST_CASE("a request in the place of another key's, or a damaged one, is refused with its name") {
  const Drawer drawer;
  const auto key = asks("1", "bob").key_fingerprint();
  const std::string path = drawer.files().request(to_hex(key));
  for (const std::string& octets : {asks("2", "bob").to_pem(), std::string("noise")}) {
    REQUIRE(io::write_file_atomically(path, octets, 0600));
    const auto found = drawer.requests().find(key);
    REQUIRE_FALSE(found);
    CHECK(found.error().message().find(path) != std::string::npos);
  }
}

TEST_CASE("of the denied requests the latest are kept, and those that wait stay") {
  const Drawer drawer;
  authority::AuthorityBook book;
  REQUIRE(book.apply({wall, authority::LedgerMade{{}, "lab"}}));
  const auto key_of_number = [](std::size_t number) {
    crypto::Digest256 key{};
    key[0] = static_cast<std::byte>(number / 256);
    key[1] = static_cast<std::byte>(number % 256);
    return key;
  };
  const auto is_kept = [&](std::size_t number) {
    return io::exists(drawer.files().request(to_hex(key_of_number(number))));
  };
  const std::size_t last = RequestFiles::max_denied + 1;
  for (std::size_t i = 0; i <= last + 1; ++i) {
    const auto key = key_of_number(i);
    REQUIRE(io::write_file_atomically(drawer.files().request(to_hex(key)), "", 0600));
    REQUIRE(book.apply({wall, authority::LedgerRequested{key, "bob", {}, ""}}));
    const auto at = wall + std::chrono::seconds(i);
    if (i <= last) REQUIRE(book.apply({at, authority::LedgerDenied{key, "bob", "no", false}}));
  }
  drawer.requests().forget_denied(book);
  CHECK_FALSE(is_kept(0));
  CHECK_FALSE(is_kept(1));
  CHECK(is_kept(2));
  CHECK(is_kept(last));
  CHECK(is_kept(last + 1));
}
