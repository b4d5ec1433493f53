#include "io/resolver.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "io/socket_address.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

namespace {

constexpr std::size_t max_running = 16;            // a thread each
constexpr std::size_t max_waiting = 1024;          // more names than any group file has
constexpr std::size_t max_endpoints_of_name = 16;  // of one name

using Endpoints = Result<std::vector<net::Endpoint>>;

/// What the threads and the loop share; the threads may outlive the loop.
struct SharedResults {
  UniqueFd wake;
  std::mutex lock;
  std::deque<std::pair<std::uint64_t, Endpoints>> done;
};

Endpoints look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0) return {Errc::not_found, host + ": " + ::gai_strerror(failed)};
  std::vector<net::Endpoint> out;
  for (const addrinfo* entry = list; entry != nullptr && out.size() < max_endpoints_of_name; entry = entry->ai_next) {
    auto endpoint = to_endpoint(entry->ai_addr);
    if (!endpoint) continue;
    endpoint->port = port;
    out.push_back(*endpoint);
  }
  ::freeaddrinfo(list);
  if (out.empty()) return {Errc::not_found, host + ": no address"};
  return out;
}

void run_look_up(const std::shared_ptr<SharedResults>& results, std::uint64_t id, const std::string& host,
                 std::uint16_t port) {
  auto result = look_up(host, port);
  const std::lock_guard held(results->lock);
  results->done.emplace_back(id, std::move(result));
  const std::uint64_t one = 1;
  (void)!::write(results->wake.get(), &one, sizeof(one));
}

std::optional<net::Endpoint> parse_literal(const std::string& host, std::uint16_t port) {
  if (const auto v4 = net::parse_ipv4_address(host)) return net::Endpoint{*v4, port};
  if (const auto v6 = net::parse_ipv6_address(host)) return net::Endpoint{*v6, port};
  return std::nullopt;
}

}  // namespace

struct Resolver::State : std::enable_shared_from_this<Resolver::State> {
  State(EventLoop& loop_in, std::shared_ptr<SharedResults> shared)
      : loop(loop_in), results(std::move(shared)), watch(loop_in, results->wake.get(), [this] { collect(); }) {}

  EventLoop& loop;
  std::shared_ptr<SharedResults> results;
  struct Question {
    std::uint64_t id = 0;
    std::string host;
    std::uint16_t port = 0;
  };
  std::map<std::uint64_t, Handler> waiting;
  std::deque<Question> queue;  // in the order of the calls
  std::size_t running = 0;
  std::uint64_t next_id = 1;
  ReadWatch watch;

  void collect() {
    std::uint64_t ignored = 0;
    (void)!::read(results->wake.get(), &ignored, sizeof(ignored));
    std::deque<std::pair<std::uint64_t, Endpoints>> done;
    {
      const std::lock_guard held(results->lock);
      done.swap(results->done);
    }
    running -= done.size();
    start_some();
    for (auto& [id, result] : done)
      finish(id, std::move(result));
  }

  void start_some() {
    while (running < max_running && !queue.empty()) {
      const Question question = std::move(queue.front());
      queue.pop_front();
      // The only exception that can come up here is a thread that the system refuses.
      try {
        std::thread(run_look_up, results, question.id, question.host, question.port).detach();
        ++running;
      } catch (const std::system_error& error) {
        post_result(question.id, make_error(error.code(), question.host));
      }
    }
  }

  void post_result(std::uint64_t id, Endpoints result);

  void finish(std::uint64_t id, Endpoints result) {
    auto node = waiting.extract(id);
    if (!node.empty()) node.mapped()(std::move(result));
  }
};

// From the loop also when the answer is known, so that a caller is never called back from inside.
void Resolver::State::post_result(std::uint64_t id, Endpoints result) {
  loop.post([weak = weak_from_this(), id, result = std::move(result)] {
    if (const auto state = weak.lock()) state->finish(id, result);
  });
}

Result<Resolver> Resolver::open(EventLoop& loop) {
  auto results = std::make_shared<SharedResults>();
  results->wake = UniqueFd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!results->wake) return last_error("opening the resolver");
  return Resolver(std::make_shared<State>(loop, std::move(results)));
}

Resolver::Resolver(std::shared_ptr<State> state) : state_(std::move(state)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& host, std::uint16_t port, Handler handler) {
  const std::uint64_t id = state_->next_id++;
  state_->waiting.emplace(id, std::move(handler));
  if (const auto literal = parse_literal(host, port)) return state_->post_result(id, std::vector{*literal});
  if (state_->queue.size() >= max_waiting) return state_->post_result(id, {Errc::exhausted, host + ": too many names"});
  state_->queue.push_back({id, host, port});
  state_->start_some();
}

}  // namespace ipop::io
