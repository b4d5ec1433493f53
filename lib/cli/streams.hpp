#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/exit_status.hpp"

namespace ipop::cli {

/// Where a program reads and writes: results on `out`, everything else on `err`.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  bool err_is_terminal = false;  ///< progress is shown only then
  bool dumb_terminal = false;    ///< TERM is unset or "dumb": no cursor movement, no colour
  bool no_color = false;         ///< NO_COLOR is set and not empty
  bool in_is_terminal = false;   ///< somebody can be asked
  std::size_t columns = 0;       ///< of the terminal on `out`; 0: none, or not known
  /// The command that was typed, as a shell takes it, with TOKEN in the place of a token; empty: not known.
  std::string typed{};
};

/// The streams of this process, with what its environment says about them. `argv` as main gets it; the program is
/// called `tool`, wherever it was started from. From then on a process without memory ends with a line and status 1.
Streams standard_streams(std::string_view tool = {}, int argc = 0, const char* const* argv = nullptr);

enum class ColorChoice { automatic, always, never };

/// Whether results may be coloured: on a terminal that is not dumb and without NO_COLOR, unless
/// `choice` decides.
[[nodiscard]] bool use_color(const Streams& streams, ColorChoice choice);

/// What a table for a person is made for.
struct Screen {
  bool color = false;
  std::size_t columns = 0;  ///< what is wider is cut; 0: nothing is
};
[[nodiscard]] Screen screen_of(const Streams& streams, ColorChoice choice);

/// The last step of every program: flushes `out` and gives `status` back.
///
/// When the results could not be written (full disk) it says so and gives `no` in place of `done`
/// and `partly`; a reader that went away (EPIPE) needs no message.
[[nodiscard]] ExitStatus finish(const Streams& streams, std::string_view tool, ExitStatus status);

/// `tool: message` as one line on `err`; control characters are escaped, and values of any length shortened().
void complain(const Streams& streams, std::string_view tool, std::string_view message);

/// `  next: command`: what to type after a failure, as a shell takes it; a remark stands behind two blanks and "# ".
void suggest(const Streams& streams, std::string_view command);

}  // namespace ipop::cli
