#include "io/text_fetches.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"
#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

struct TextFetches::Fetch {
  net::Endpoint server{};
  UniqueFd socket{};
  std::string text{};
  std::unique_ptr<ReadWatch> watch{};
  std::unique_ptr<LoopTimer> timer{};
};

struct TextFetches::State : std::enable_shared_from_this<TextFetches::State> {
  State(EventLoop& in, std::size_t octets, Duration time, Handler call)
      : loop(in), max_octets(octets), limit(time), handler(std::move(call)) {}

  EventLoop& loop;
  std::size_t max_octets;
  Duration limit;
  Handler handler;
  std::map<std::uint64_t, std::shared_ptr<Fetch>> fetches;

  void begin(std::uint64_t number, const net::Endpoint& server) {
    const auto fetch = std::make_shared<Fetch>();
    fetches[number] = fetch;
    fetch->server = server;
    if (auto opened = open(number, *fetch); !opened) {
      // Not from here: the caller is in the middle of its own work.
      loop.post([weak = weak_from_this(), number, error = opened.error()] {
        if (const auto state = weak.lock()) state->finish(number, error);
      });
    }
  }

  Result<void> open(std::uint64_t number, Fetch& fetch) {
    const std::string context = "connecting to " + to_string(fetch.server);
    const SocketAddress address = to_socket_address(fetch.server);
    fetch.socket = UniqueFd(::socket(address.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fetch.socket) return last_error(context);
    if (::connect(fetch.socket.get(), address.get(), address.length) != 0 && errno != EINPROGRESS)
      return last_error(context);
    fetch.watch = std::make_unique<ReadWatch>(loop, fetch.socket.get(), [this, number] { read(number); });
    fetch.timer = std::make_unique<LoopTimer>(loop, [this, number, context] {
      finish(number, make_error(std::make_error_code(std::errc::timed_out), context));
    });
    fetch.timer->arm(monotonic_now() + limit);
    return {};
  }

  void read(std::uint64_t number) {
    const auto it = fetches.find(number);
    if (it == fetches.end()) return;
    const auto fetch = it->second;
    std::array<char, 65'536> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    const ssize_t got = ::recv(fetch->socket.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return finish(number, last_error("fetching from " + to_string(fetch->server)));
    if (got == 0) return finish(number, std::move(fetch->text));
    fetch->text.append(block.data(), static_cast<std::size_t>(got));
    if (fetch->text.size() > max_octets)
      finish(number, make_error(make_error_code(Errc::too_large), "its text is longer than allowed"));
  }

  void finish(std::uint64_t number, Result<std::string> text) {
    const auto it = fetches.find(number);
    if (it == fetches.end()) return;
    fetches.erase(it);
    handler(number, std::move(text));
  }
};

TextFetches::TextFetches(EventLoop& loop, std::size_t max_octets, Duration limit, Handler handler)
    : state_(std::make_shared<State>(loop, max_octets, limit, std::move(handler))) {}
TextFetches::~TextFetches() = default;

void TextFetches::begin(std::uint64_t number, const net::Endpoint& server) {
  state_->begin(number, server);
}
std::size_t TextFetches::size() const {
  return state_->fetches.size();
}

}  // namespace ipop::io
