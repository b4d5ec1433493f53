#include "crypto/passphrase_message.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::crypto;

TEST_CASE("what is locked with a passphrase is read with it, and is not to be seen in the message") {
  const Bytes content = to_bytes(as_bytes("the key of the authority"));
  const auto message = lock_message(content, "correct horse");
  REQUIRE(message);
  CHECK(as_text(*message).find("authority") == std::string_view::npos);
  const auto read = unlock_message(*message, "correct horse");
  REQUIRE(read);
  CHECK(*read == content);
}

TEST_CASE("another passphrase reads nothing") {
  const auto message = lock_message(as_bytes("secret"), "one");
  REQUIRE(message);
  const auto read = unlock_message(*message, "two");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::bad_checksum);
}

TEST_CASE("a message that was changed or cut off is not read") {
  const Bytes content(2000, std::byte{7});
  const auto message = lock_message(content, "one");
  REQUIRE(message);
  for (const std::size_t at : {message->size() - 1, message->size() - 20, message->size() / 2}) {
    Bytes changed = *message;
    changed[at] ^= std::byte{1};
    CHECK_FALSE(unlock_message(changed, "one"));
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, message->size() - 1})
    CHECK_FALSE(unlock_message(ByteSpan(*message).first(size), "one"));
}

TEST_CASE("a passphrase is 1 to 1024 octets") {
  CHECK_FALSE(lock_message(as_bytes("x"), ""));
  CHECK_FALSE(lock_message(as_bytes("x"), std::string(1025, 'x')));
}
