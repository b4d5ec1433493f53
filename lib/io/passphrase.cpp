#include "io/passphrase.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "io/file.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

namespace {

/// Reads octet by octet: what follows the line belongs to somebody else. `signals`: those that end the
/// wait are let through only while it waits, so that none comes between the prompt and the read.
Result<std::string> read_line(int fd, const std::string& what, const sigset_t* signals) {
  const Error nothing = make_error(std::make_error_code(std::errc::operation_canceled), what + ": nothing was given");
  std::string out;
  while (true) {
    char c = 0;
    pollfd input{fd, POLLIN, 0};
    if (signals != nullptr && ::ppoll(&input, 1, nullptr, signals) < 0) return nothing;
    const ssize_t got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return last_error(what);
    if (got == 0 && out.empty()) return nothing;
    if (got == 0 || c == '\n') return out;
    if (out.size() == max_passphrase)
      return {Errc::too_large, what + ": longer than " + std::to_string(max_passphrase) + " octets"};
    out.push_back(c);
  }
}

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

/// Hides what is typed for as long as it lives. A signal that would end the process ends the wait for
/// input instead, so that no silent terminal is left behind.
class HiddenInput {
 public:
  explicit HiddenInput(int fd) : fd_(fd) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    sigset_t held;
    ::sigemptyset(&held);
    for (std::size_t i = 0; i < ending_signals.size(); ++i) {
      ::sigaction(ending_signals[i], &action, &actions_[i]);
      ::sigaddset(&held, ending_signals[i]);
    }
    ::sigprocmask(SIG_BLOCK, &held, &signals_);
    if (::tcgetattr(fd_, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &hidden) == 0;
  }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;
  ~HiddenInput() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < ending_signals.size(); ++i)
      ::sigaction(ending_signals[i], &actions_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &signals_, nullptr);
  }

  /// The signals that were held back before.
  [[nodiscard]] const sigset_t& signals() const { return signals_; }

 private:
  int fd_;
  termios before_{};
  sigset_t signals_{};
  std::array<struct sigaction, ending_signals.size()> actions_{};
  bool changed_ = false;
};

}  // namespace

Result<std::string> ask_passphrase(const std::string& prompt) {
  const UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!terminal) return {Errc::not_found, "there is no terminal to ask on"};
  const auto say = [&](const std::string& text) { return ::write(terminal.get(), text.data(), text.size()) >= 0; };
  auto line = [&]() -> Result<std::string> {
    // Before the prompt: what is typed at once must neither be shown nor be thrown away.
    const HiddenInput hidden(terminal.get());
    if (!say(prompt)) return last_error("asking");
    return read_line(terminal.get(), "passphrase", &hidden.signals());
  }();
  static_cast<void>(say("\n"));
  return line;
}

Result<std::string> read_passphrase(int fd) {
  auto line = read_line(fd, "reading the passphrase from file descriptor " + std::to_string(fd), nullptr);
  if (line && line->empty()) return {Errc::malformed, "the passphrase is empty"};
  return line;
}

Result<std::string> read_passphrase_file(const std::string& path) {
  auto text = read_secret_file(path, max_passphrase + 1);
  if (!text) return text;
  text->resize(std::min(text->find('\n'), text->size()));
  if (text->empty()) return {Errc::malformed, "reading " + path + ": the passphrase (its first line) is empty"};
  return text;
}

}  // namespace ipop::io
