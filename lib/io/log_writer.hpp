#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/log.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// Holds back a line that is repeated too often: of each text, 20 in 10 s.
///
/// Texts come from the code, so their number is bounded; beyond 256 all others count as one.
class LogLimiter {
 public:
  struct Verdict {
    bool write = true;
    std::uint64_t held_back = 0;  ///< lines of this text that were not written before this one
  };
  Verdict ask(TimePoint now, const std::string& text);

 private:
  struct Entry {
    TimePoint began{};
    std::uint64_t seen = 0;
  };
  std::map<std::string, Entry> entries_;
};

enum class LogForm {
  journal,  ///< `<6>text`: the journal adds the time (sd-daemon(3))
  plain,    ///< `2026-11-22T03:04:05Z info text`
};

/// Writes log lines to stderr.
class LogWriter {
 public:
  /// The form follows JOURNAL_STREAM: whether stderr is the journal's.
  explicit LogWriter(LogLevel least);

  /// One write(2) a line. Lines below `least`, and those of a flood, are left out.
  void write(TimePoint now, const LogLine& line);

 private:
  LogLevel least_;
  LogForm form_;
  LogLimiter limiter_;
};

/// The line as it is written, with its end. `seconds` is UTC since 1970.
std::string format_log(LogForm form, std::int64_t seconds, const LogLine& line);

}  // namespace ipop::io
