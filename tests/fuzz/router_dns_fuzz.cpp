#include <cstdlib>
#include <memory>

#include "crypto/private_key.hpp"
#include "net/dns_message.hpp"
#include "router/router.hpp"

using namespace ipop;

// A query goes into the name service of a node that holds an address and a name. Whatever waits for
// the DHT is answered within 4 s; every answer is a response with the query's id, of at most 4096
// octets, and there is one at most.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::PrivateKey key = crypto::PrivateKey::from_seed(as_bytes("fuzz"));
  static SeededRng rng(1);
  static crypto::Basis basis;
  const TimePoint now{};
  static const auto make_node = [] {
    router::Router::Config config;
    config.self = *crypto::node_id_of(key.public_key());
    config.name_space = to_bytes(as_bytes("fuzz"));
    config.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
    config.preferred = net::Ipv4Address(10, 128, 0, 7);
    config.host_name = "fuzz";
    auto node = std::make_unique<router::Router>(config, key, basis, rng);
    basis.set_wall_time({}, WallTime{1'800'000'000});
    node->handle_clock_set({});
    node->handle_joined({});
    while (auto output = node->poll_output()) {
      if (const auto* create = std::get_if<router::Router::DhtCreate>(&*output))
        node->handle_dht_answer({}, create->id, {{}, dht::Outcome::done, {create->record}, {}});
    }
    return node;
  };
  const auto node = make_node();

  const ByteSpan query(reinterpret_cast<const std::byte*>(data), size);
  node->handle_dns_query(now, 7, query);
  while (node->poll_output()) {
  }
  auto answer = node->poll_dns_answer();
  for (int i = 0; i < 16 && !answer && node->poll_timeout() && *node->poll_timeout() <= now + 4s; ++i) {
    node->handle_timeout(*node->poll_timeout());
    while (node->poll_output()) {
    }
    answer = node->poll_dns_answer();
  }
  const auto asked = net::decode_dns_header(query);
  const bool is_query = asked && !asked->qr;
  if (answer.has_value() != is_query) std::abort();
  if (!answer) return 0;
  if (node->poll_dns_answer()) std::abort();
  const auto header = net::decode_dns_header(answer->message);
  if (answer->tag != 7 || !header || !header->qr || header->id != asked->id) std::abort();
  if (answer->message.size() > 4096 || !net::decode_dns(answer->message)) std::abort();
  return 0;
}
