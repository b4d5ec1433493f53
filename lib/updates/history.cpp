#include "updates/history.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "layers/word_reader.hpp"

namespace ipop::updates {
namespace {

constexpr std::string_view history_line = "grid-appliance update history 1";
constexpr std::uint64_t latest = std::uint64_t{1} << 53U;

bool take_time(std::string_view word, WallTime& out) {
  std::uint64_t seconds = 0;
  if (!layers::parse_number(word, seconds) || seconds > latest) return false;
  out = WallTime{static_cast<std::int64_t>(seconds)};
  return true;
}

/// Takes the first word of `line` away with the blank behind it.
std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

/// begun ended content|back kind name from to [reason]. Null when it is one.
const char* take_ended(std::string_view line, Ended& out) {
  std::array<std::string_view, 7> words;
  std::string_view rest = line;
  for (std::string_view& word : words) {
    word = take_word(rest);
    if (word.empty()) return "must be two times, content or back, kind, name, two numbers, and why it went back";
  }
  if (!take_time(words[0], out.begun) || !take_time(words[1], out.ended)) return "the times must be seconds";
  if (words[2] != "content" && words[2] != "back") return "the third word must be content or back";
  out.content = words[2] == "content";
  const auto of_change = static_cast<std::size_t>(words[3].data() - line.data());
  const auto size_of_change = static_cast<std::size_t>(words[6].data() + words[6].size() - words[3].data());
  auto change = parse_change(line.substr(of_change, size_of_change));
  if (!change) return "the change must be kind, name, number before, higher number after";
  out.change = *std::move(change);
  const bool has_more = of_change + size_of_change != line.size();
  if (out.content != !has_more) return "a reason stands where it went back, and nowhere else";
  if (has_more && !is_reason(rest)) return "the reason must be text";
  out.reason = rest;
  return nullptr;
}

}  // namespace

std::string to_string(const History& history) {
  std::string out(history_line);
  out += '\n';
  for (const Ended& one : history) {
    out += std::to_string(one.begun.seconds) + ' ' + std::to_string(one.ended.seconds) +
           (one.content ? " content " : " back ") + to_string(one.change);
    if (!one.content) out += ' ' + one.reason;
    out += '\n';
  }
  return out;
}

Result<History> parse_history(std::string_view text, std::string_view file) {
  layers::LineReader lines(text, file);
  if (lines.next() != history_line)
    return lines.refuse("must be \"" + std::string(history_line) + "\"", Errc::unsupported);
  History out;
  for (std::string_view line = lines.next(); !lines.ended(); line = lines.next()) {
    if (out.size() == longest_history) return lines.refuse("more than 100 updates", Errc::too_large);
    Ended one;
    if (const char* wrong = take_ended(line, one)) return lines.refuse(wrong);
    out.push_back(std::move(one));
  }
  return out;
}

History with_ended(const History& history, const Journal& journal, WallTime now) {
  assert(journal.state == State::content || journal.state == State::restored);
  const bool content = journal.state == State::content;
  if (!history.empty() && history.back().begun == journal.begun && history.back().change == journal.change &&
      history.back().content == content)
    return history;
  History out = history;
  out.push_back({journal.begun, std::max(now, WallTime{}), content, journal.change,
                 content                  ? std::string()
                 : journal.reason.empty() ? std::string("no reason was given")
                                          : journal.reason});
  if (out.size() > longest_history) out.erase(out.begin());
  return out;
}

const Ended* find_failure(const History& history, const Change& change) {
  for (auto one = history.rbegin(); one != history.rend(); ++one) {
    if (one->change.kind != change.kind || one->change.name != change.name) continue;
    if (change.kind == ChangeKind::packages || one->change.to == change.to) return one->content ? nullptr : &*one;
  }
  return nullptr;
}

}  // namespace ipop::updates
