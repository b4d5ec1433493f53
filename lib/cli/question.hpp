#pragma once

#include <string_view>

#include "cli/streams.hpp"

namespace ipop::cli {

/// Whether there is somebody who sees a question and can answer it: `err` and `in` are terminals.
[[nodiscard]] bool can_ask(const Streams& streams);

/// Asks `question [y/N]` on `err`: y, Y and yes are a yes; all else, and the end of input, is a no.
[[nodiscard]] bool ask_yes(const Streams& streams, std::string_view question);

/// Asks where a slip of the finger must not be a yes: only the whole word `yes` is one.
[[nodiscard]] bool ask_for_word_yes(const Streams& streams, std::string_view question);

}  // namespace ipop::cli
