#pragma once

#include <string>
#include <string_view>

#include "cli/streams.hpp"

namespace ipop::cli {

/// One line on stderr that says what is awaited and is replaced by the next; nothing of it when
/// stderr is no terminal, so logs and cron mails stay clean.
class Progress {
 public:
  explicit Progress(const Streams& streams);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void show(std::string_view text);
  /// For a wait so long that silence looks like a hang: a line of its own where stderr is no terminal. Once.
  void tell(std::string_view text);
  /// Takes the line away, before other output.
  void clear();

 private:
  std::ostream& err_;
  bool visible_;
  bool shown_ = false;
  bool told_ = false;
};

}  // namespace ipop::cli
