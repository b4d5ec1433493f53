#include "crypto/key_context.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ipop::crypto {
namespace {

NodeId context_node(std::uint8_t first) {
  std::array<std::byte, 20> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::byte>(first + i);
  return NodeId(octets);
}

const KeyContext sample_context{as_bytes("test"),  AeadSuite::aes_128_gcm, context_node(0),
                                context_node(100), Spi{0x11223344},        Spi{0x55667788}};

TEST_CASE("the context of the keys is version, suite, context, ids and SPIs") {
  CHECK(to_hex(digest(sample_context)) == "0fee007f350f926de949eaf1292aca625c528f2396f805bb755a7118a1e88735");
}

TEST_CASE("both certificates are mixed in") {
  CHECK(to_hex(with_certificates(digest(sample_context), as_bytes("client certificate"),
                                 as_bytes("server certificate"))) ==
        "eefd0084213fd8c0ebd4b5ee092f8c62cbe8e9ae2ec49ed9ffb33df11ad083ec");
}

TEST_CASE("S23: each field of the context changes the keys") {
  std::vector<Digest256> all{digest(sample_context)};
  KeyContext other = sample_context;
  other.context = as_bytes("tesu");
  all.push_back(digest(other));
  other = sample_context;
  other.suite = AeadSuite::chacha20_poly1305;
  all.push_back(digest(other));
  other = sample_context;
  std::swap(other.client_id, other.server_id);
  all.push_back(digest(other));
  other = sample_context;
  other.client_id = context_node(1);
  all.push_back(digest(other));
  other = sample_context;
  other.client_spi = Spi{0x11223345};
  all.push_back(digest(other));
  other = sample_context;
  other.server_spi = Spi{0x55667789};
  all.push_back(digest(other));
  std::ranges::sort(all);
  CHECK(std::ranges::adjacent_find(all) == all.end());
}

}  // namespace
}  // namespace ipop::crypto
