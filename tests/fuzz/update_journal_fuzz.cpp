#include <cstdint>
#include <cstdlib>

#include "updates/history.hpp"
#include "updates/journal.hpp"

using namespace ipop;
using namespace ipop::updates;

namespace {

/// What was taken has one form, and so has each step that follows.
void check_journal_text(std::string_view text) {
  const auto journal = parse_journal(text, "j");
  if (!journal) return;
  if (to_string(*journal) != text) std::abort();
  for (const auto& next : {when_content(*journal), when_given_up(*journal, text.substr(text.size() / 2))}) {
    if (!next) continue;
    const auto read = parse_journal(to_string(*next), "j");
    if (!read || *read != *next) std::abort();
  }
  if (journal->state != State::content && journal->state != State::restored) return;
  const History history = with_ended({}, *journal, WallTime{1});
  const auto read = parse_history(to_string(history), "h");
  if (!read || *read != history) std::abort();
}

void check_history_text(std::string_view text) {
  const auto history = parse_history(text, "h");
  if (history && to_string(*history) != text) std::abort();
}

}  // namespace

// The first octet says what the rest is: a journal or a history.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] % 2 == 0)
    check_journal_text(rest);
  else
    check_history_text(rest);
  return 0;
}
