// What stands against an authority in bench/enrolment.sh: bogus certificate requests over HTTPS, a connection and a TLS
// handshake for each, from ever other addresses of 127.0.0.0/8.
//
//   request_flood PORT RATE SECONDS REQUEST CONNECTIONS
//
// REQUEST is a file with a request that could be signed (base64): it is a third of the bodies, the rest is noise of up
// to 16 KiB. CONNECTIONS are open at a time, each in a thread of its own; RATE is of all.
// Prints one JSON object. Exit status: 0 done, 1 the system refused, 2 used wrongly.

#include <arpa/inet.h>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <random>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

using namespace ipop;

namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

struct Flood {
  std::uint16_t port = 0;
  unsigned rate = 0;
  Duration time{};
  unsigned connections = 0;
  std::vector<std::string> messages{};  ///< sent in turns
  Context context{};
  TimePoint begin{};
  std::atomic<std::uint32_t> begun = 0;
  std::atomic<std::uint32_t> answered = 0;
};

std::string message_of(const std::string& body) {
  return "POST /.well-known/est/simpleenroll HTTP/1.1\r\nHost: x\r\nContent-Type: "
         "application/pkcs10\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::vector<std::string> messages_with(const std::string& good) {
  constexpr std::string_view letters = "ABCDEFGHabcdefgh0123=+/ \n";
  std::minstd_rand chance(1);
  std::vector<std::string> out;
  for (int i = 0; i < 120; ++i) {
    std::string noise(chance() % 16'000, ' ');
    for (char& letter : noise)
      letter = letters[chance() % letters.size()];
    out.push_back(message_of(i % 3 == 0 ? good : noise));
  }
  return out;
}

/// A connection from the address that has the number `number`; each has its turn once in 250 * 250 requests.
io::UniqueFd connect_as(std::uint32_t number, std::uint16_t port) {
  io::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(0x7f14'0000U | ((number / 250 % 250 + 1) << 8U) | (number % 250 + 1));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  const timeval patience{5, 0};
  // Two small pieces one after the other wait for an acknowledgement otherwise (RFC 896).
  (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  const auto as_general = [](sockaddr_in& address) { return reinterpret_cast<const sockaddr*>(&address); };  // NOLINT
  if (::bind(fd.get(), as_general(own), sizeof(own)) != 0 ||
      ::connect(fd.get(), as_general(server), sizeof(server)) != 0)
    fd.reset();
  return fd;
}

/// One request, and the first octets of its answer.
bool ask(const Flood& flood, std::uint32_t number) {
  const io::UniqueFd fd = connect_as(number, flood.port);
  if (!fd) return false;
  const std::unique_ptr<SSL, FreeSession> session(SSL_new(flood.context.get()));
  const std::string& message = flood.messages[number % flood.messages.size()];
  char answer = 0;
  return session != nullptr && SSL_set_fd(session.get(), fd.get()) == 1 && SSL_connect(session.get()) == 1 &&
         SSL_write(session.get(), message.data(), static_cast<int>(message.size())) > 0 &&
         SSL_read(session.get(), &answer, 1) == 1;
}

void send_requests(Flood& flood) {
  for (;;) {
    const std::uint32_t number = flood.begun++;
    // A sender that is late goes on at its own speed.
    const TimePoint due = flood.begin + std::chrono::duration_cast<Duration>(1s) * number / flood.rate;
    if (due >= flood.begin + flood.time) return;
    if (const Duration left = due - io::monotonic_now(); left > 0s) std::this_thread::sleep_for(left);
    if (io::monotonic_now() >= flood.begin + flood.time) return;
    if (ask(flood, number)) ++flood.answered;
  }
}

bool read_number(std::string_view text, unsigned most, unsigned& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out > 0 && out <= most;
}

int usage() {
  std::fputs("usage: request_flood PORT RATE SECONDS REQUEST CONNECTIONS\n", stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  unsigned port = 0;
  unsigned seconds = 0;
  Flood flood;
  if (arguments.size() != 5 || !read_number(arguments[0], 65535, port) ||
      !read_number(arguments[1], 100'000, flood.rate) || !read_number(arguments[2], 3600, seconds) ||
      !read_number(arguments[4], 200, flood.connections))
    return usage();
  std::ifstream file{std::string(arguments[3])};
  const std::string good{std::istreambuf_iterator<char>(file), {}};
  flood.context.reset(SSL_CTX_new(TLS_client_method()));
  if (good.empty() || !flood.context) {
    std::fputs("request_flood: no request to send, or no TLS\n", stderr);
    return 1;
  }
  flood.port = static_cast<std::uint16_t>(port);
  flood.time = std::chrono::seconds(seconds);
  flood.messages = messages_with(good);
  flood.begin = io::monotonic_now();
  {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < flood.connections; ++i)
      threads.emplace_back([&flood] { send_requests(flood); });
    for (std::thread& thread : threads)
      thread.join();
  }
  const std::uint32_t answered = flood.answered;
  std::printf("{\"answered\":%u,\"rate\":%.0f}\n", answered, answered / static_cast<double>(seconds));
  return 0;
}
