#include "node/worker_orders.hpp"

#include <doctest/doctest.h>

#include "net/ipv4.hpp"

using namespace ipop;
using namespace ipop::node;
using namespace std::chrono_literals;

namespace {

const net::Ipv4Address flow_source{10, 128, 0, 7};
const net::Ipv4Address flow_target{10, 128, 0, 8};

Bytes packet_to(net::Ipv4Address to) {
  net::Ipv4Header header;
  header.source = flow_source;
  header.destination = to;
  Bytes out;
  net::encode(net::Ipv4Packet{header, Bytes(8)}, out);
  return out;
}

}  // namespace

TEST_CASE("packets that went a way are one flow for each pair of addresses, for a fifth of a second") {
  const TimePoint now = TimePoint{} + 5s;
  const overlay::Overlay::Way way{.endpoint = *net::parse_endpoint("192.0.2.1:7000")};
  const std::vector<Bytes> packets = {packet_to(flow_target), packet_to(flow_target), Bytes(3), packet_to(flow_source)};
  const auto flows = flows_of(now, way, packets, 1300, 1400);
  REQUIRE(flows.size() == 2);
  CHECK(flows[0].source == flow_source);
  CHECK(flows[0].destination == flow_target);
  CHECK(flows[0].mtu == 1300);
  CHECK_FALSE(flows[0].passes_syn);
  CHECK(flows[0].until == now + 200ms);
  CHECK(flows[1].destination == flow_source);
  CHECK(flows_of(now, way, packets, 1400, 1400).front().passes_syn);
}

TEST_CASE("who was admitted by the router is admitted by the workers as long") {
  const TimePoint now = TimePoint{} + 5s;
  const NodeId peer = NodeId::from_prefix(Bytes(NodeId::size, std::byte{'a'}));
  const auto source = source_of(now, {peer, flow_target, flow_source, {}}, true);
  CHECK(source.peer == peer);
  CHECK(source.source == flow_target);
  CHECK(source.destination == flow_source);
  CHECK(source.until == now + 200ms);
}
