// Members that ask a lease server for addresses: the load in bench/leases.sh and the other side in its tests.
//
//   lease_flood PORT NAMESPACE NODES RATE SECONDS CONNECTIONS LOG
//
// NODES members with keys of their own ask in turns, first for an address and then for more time, RATE a second in all,
// over CONNECTIONS that are open at a time, each from another address of 127.0.0.0/8. RATE 0: as many as are answered.
// Each answer is a line of LOG, written before the next request: node, address, end of the lease. A server that is
// not there is tried again. Prints one JSON object. Exit status: 0 done, 1 the system refused, 2 used wrongly.

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "crypto/private_key.hpp"
#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"
#include "leasing/lease_grant.hpp"
#include "leasing/soap.hpp"

using namespace ipop;

namespace {

struct Member {
  crypto::PrivateKey key;
  NodeId node{};
  std::uint64_t sequence = 0;
  bool has_address = false;
};

struct Load {
  std::uint16_t port = 0;
  std::string name_space{};
  unsigned rate = 0;
  Duration time{};
  unsigned connections = 0;
  std::vector<Member> members{};
  io::UniqueFd log{};
  TimePoint begin{};
  std::atomic<std::uint32_t> begun = 0;
  std::atomic<std::uint32_t> answered = 0;
  std::atomic<std::uint32_t> refused = 0;
  std::atomic<std::uint32_t> unanswered = 0;
  std::mutex mutex{};
  std::vector<double> milliseconds{};
};

/// The whole answer, or nothing when the server went away.
std::string exchange(const Load& load, std::uint32_t number, const std::string& body) {
  const io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{10, 0};
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(0x7f000100U + number % 0xfffe00U);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(load.port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) return {};
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) return {};
  const std::string message =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  if (::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(message.size())) return {};
  std::string answer;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (got < 0) return {};
    if (got == 0) return answer;
    answer.append(buffer, static_cast<std::size_t>(got));
  }
}

void ask(Load& load, std::uint32_t number) {
  Member& member = load.members[number % load.members.size()];
  leasing::LeaseRequest request;
  request.action = member.has_address ? leasing::LeaseAction::renew : leasing::LeaseAction::obtain;
  request.name_space = load.name_space;
  request.node = member.node;
  member.sequence = std::max(member.sequence + 1, leasing::sequence_at(io::wall_time_now()));
  request.sequence = member.sequence;
  sign(request, member.key);
  const TimePoint before = io::monotonic_now();
  const std::string answer = exchange(load, number, leasing::to_soap(request));
  const double took = std::chrono::duration<double, std::milli>(io::monotonic_now() - before).count();
  const auto head = answer.find("\r\n\r\n");
  if (head == std::string::npos) {
    load.unanswered.fetch_add(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return;
  }
  const auto lease = leasing::parse_soap_answer(answer.substr(head + 4));
  if (!lease) {
    load.refused.fetch_add(1);
    return;
  }
  member.has_address = true;
  load.answered.fetch_add(1);
  const std::string line =
      to_string(member.node) + "\t" + to_string(lease->address) + "\t" + std::to_string(lease->expires.seconds) + "\n";
  if (::write(load.log.get(), line.data(), line.size()) < 0) std::perror("lease_flood");
  const std::lock_guard lock(load.mutex);
  load.milliseconds.push_back(took);
}

/// One after the other of this connection's members, so that a member's requests stay in their order.
void run(Load& load, unsigned connection) {
  for (std::uint32_t round = 0;; ++round) {
    const std::uint32_t number = round * load.connections + connection;
    if (load.rate > 0) {
      const TimePoint due = load.begin + std::chrono::nanoseconds(std::uint64_t{1'000'000'000} * number / load.rate);
      const Duration early = due - io::monotonic_now();
      if (early > Duration{}) std::this_thread::sleep_for(early);
    }
    if (io::monotonic_now() - load.begin >= load.time) return;
    load.begun.fetch_add(1);
    ask(load, number);
  }
}

template <class T>
bool read(const char* text, T& out) {
  const std::string_view view(text);
  return std::from_chars(view.data(), view.data() + view.size(), out).ec == std::errc();
}

}  // namespace

int main(int argc, char** argv) {
  Load load;
  unsigned nodes = 0;
  unsigned seconds = 0;
  if (argc != 8 || !read(argv[1], load.port) || !read(argv[3], nodes) || !read(argv[4], load.rate) ||
      !read(argv[5], seconds) || !read(argv[6], load.connections) || nodes == 0 || seconds == 0 || seconds > 600 ||
      load.connections == 0 || load.connections > 128 || nodes % load.connections != 0) {
    std::fprintf(stderr,
                 "usage: lease_flood PORT NAMESPACE NODES RATE SECONDS CONNECTIONS LOG\n"
                 "NODES is a multiple of CONNECTIONS (1 to 128), SECONDS 1 to 600\n");
    return 2;
  }
  load.name_space = argv[2];
  load.time = std::chrono::seconds(seconds);
  load.log = io::UniqueFd(::open(argv[7], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!load.log) {
    std::perror(argv[7]);
    return 1;
  }
  for (unsigned i = 0; i < nodes; ++i) {
    auto key = crypto::PrivateKey::from_seed(as_bytes("member " + std::to_string(i)));
    const auto node = crypto::node_id_of(key.public_key());
    load.members.push_back({std::move(key), node.value_or({}), false});
  }
  load.begin = io::monotonic_now();
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < load.connections; ++i)
      threads.emplace_back([&load, i] { run(load, i); });
  }
  const double took = std::chrono::duration<double>(io::monotonic_now() - load.begin).count();
  std::ranges::sort(load.milliseconds);
  const auto at = [&](double share) {
    if (load.milliseconds.empty()) return 0.0;
    return load.milliseconds[static_cast<std::size_t>(share * static_cast<double>(load.milliseconds.size() - 1))];
  };
  std::printf(
      "{\"sent\":%u,\"answered\":%u,\"refused\":%u,\"unanswered\":%u,\"seconds\":%.2f,\"rate\":%.0f,\"p50_ms\":%.2f,"
      "\"p99_ms\":%.2f}\n",
      load.begun.load(), load.answered.load(), load.refused.load(), load.unanswered.load(), took,
      load.answered.load() / took, at(0.5), at(0.99));
  return 0;
}
