#include "cli/progress.hpp"

#include "cli/text.hpp"

namespace ipop::cli {
namespace {

// ECMA-48: carriage return, then erase to the end of the line.
constexpr std::string_view erase_line = "\r\x1b[K";

}  // namespace

Progress::Progress(const Streams& streams)
    : err_(streams.err), visible_(streams.err_is_terminal && !streams.dumb_terminal) {}

void Progress::show(std::string_view text) {
  if (!visible_) return;
  err_ << erase_line << printable(text) << std::flush;
  shown_ = true;
}

void Progress::tell(std::string_view text) {
  if (visible_ || told_) return;
  err_ << printable(text) << '\n' << std::flush;
  told_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  err_ << erase_line << std::flush;
  shown_ = false;
}

}  // namespace ipop::cli
