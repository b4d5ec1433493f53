#include "cli/streams.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/text.hpp"
#include "cli/typed_command.hpp"

namespace ipop::cli {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/// Nobody can do without memory, but the line that says so can.
[[noreturn]] void end_without_memory() {
  const std::string_view name = ::program_invocation_short_name;
  constexpr std::string_view text = ": there is not enough memory\n";
  static_cast<void>(::write(STDERR_FILENO, name.data(), name.size()));
  static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()));
  ::_exit(to_int(ExitStatus::no));
}

}  // namespace

Streams standard_streams(std::string_view tool, int argc, const char* const* argv) {
  std::set_new_handler(end_without_memory);
  // A file that may grow no more (RLIMIT_FSIZE) is an error with a line.
  static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
  const std::string_view terminal = environment("TERM");
  return Streams{std::cin,
                 std::cout,
                 std::cerr,
                 ::isatty(STDOUT_FILENO) == 1,
                 ::isatty(STDERR_FILENO) == 1,
                 terminal.empty() || terminal == "dumb",
                 !environment("NO_COLOR").empty(),
                 ::isatty(STDIN_FILENO) == 1,
                 terminal_columns(),
                 tool.empty() ? std::string() : TypedCommand(tool, argc, argv).without_tokens().text()};
}

bool use_color(const Streams& streams, ColorChoice choice) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  return streams.out_is_terminal && !streams.dumb_terminal && !streams.no_color;
}

Screen screen_of(const Streams& streams, ColorChoice choice) {
  return {use_color(streams, choice), streams.columns};
}

ExitStatus finish(const Streams& streams, std::string_view tool, ExitStatus status) {
  errno = 0;
  streams.out.flush();
  if (streams.out.good()) return status;
  const int reason = errno;
  if (reason != EPIPE) {
    std::string message = "could not write the results";
    if (reason != 0) message += std::string(": ") + std::strerror(reason);
    complain(streams, tool, message);
  }
  const bool claims_success = status == ExitStatus::done || status == ExitStatus::partly;
  return claims_success ? ExitStatus::no : status;
}

void complain(const Streams& streams, std::string_view tool, std::string_view message) {
  streams.err << tool << ": " << shortened(printable(message)) << '\n';
}

void suggest(const Streams& streams, std::string_view command) {
  streams.err << "  next: " << printable(command) << '\n';
}

}  // namespace ipop::cli
