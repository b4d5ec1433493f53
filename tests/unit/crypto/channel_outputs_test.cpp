#include "crypto/channel_outputs.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

constexpr ChannelId one{1};
constexpr ChannelId two{2};

Bytes text(std::string_view octets) {
  return to_bytes(as_bytes(octets));
}

std::string joined(const std::vector<Bytes>& packets) {
  std::string out;
  for (const Bytes& packet : packets)
    out += (out.empty() ? "" : "+") + std::string(as_text(packet));
  return out;
}

/// All that is given out, as text.
std::string poll_all(ChannelOutputs& outputs) {
  std::vector<std::string> texts;
  while (const auto output = outputs.poll()) {
    texts.push_back(
        std::visit(Overloaded{
                       [](const ChannelTable::Received& got) {
                         return std::to_string(got.id.value) + " received " + joined(got.payloads);
                       },
                       [](const ChannelTable::Transmit& out) {
                         return "to " + std::to_string(out.to == endpoint(1) ? 1 : 2) + " " + joined(out.packets);
                       },
                       [](const ChannelTable::Closed& closed) { return std::to_string(closed.id.value) + " closed"; },
                       [](const auto&) { return std::string("other"); },
                   },
                   *output));
  }
  return list(texts);
}

TEST_CASE("payloads of one channel are one output, channels in the order of their first") {
  ChannelOutputs outputs;
  outputs.receive(one, text("a"));
  outputs.receive(two, text("b"));
  outputs.receive(one, text("c"));
  CHECK(poll_all(outputs).empty());
  outputs.flush();
  CHECK(poll_all(outputs) == "1 received a+c, 2 received b");
}

TEST_CASE("news come behind what was received before, and before what is received after") {
  ChannelOutputs outputs;
  outputs.receive(one, text("a"));
  outputs.emit(ChannelTable::Closed{one, {}, ChannelTable::Ending::idle});
  outputs.receive(one, text("b"));
  CHECK(poll_all(outputs) == "1 received a, 1 closed");
  outputs.flush();
  CHECK(poll_all(outputs) == "1 received b");
}

TEST_CASE("packets for one carrier go out together, but none overtakes another") {
  ChannelOutputs outputs;
  outputs.transmit(endpoint(1), text("a"));
  outputs.transmit(endpoint(1), text("b"));
  outputs.transmit(endpoint(2), text("c"));
  outputs.transmit(endpoint(1), text("d"));
  outputs.emit(ChannelTable::Closed{one, {}, ChannelTable::Ending::idle});
  outputs.receive(two, text("e"));
  outputs.flush();
  CHECK(poll_all(outputs) == "1 closed, 2 received e, to 1 a+b, to 2 c, to 1 d");
}

TEST_CASE("what is cleared is never given out") {
  ChannelOutputs outputs;
  outputs.receive(one, text("a"));
  outputs.transmit(endpoint(1), text("b"));
  outputs.emit(ChannelTable::Closed{one, {}, ChannelTable::Ending::idle});
  outputs.clear();
  outputs.flush();
  CHECK(poll_all(outputs).empty());
}

}  // namespace
}  // namespace ipop::crypto::test
