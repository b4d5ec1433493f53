#include "authority/remote_decision.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"

namespace ipop::authority {
namespace {

constexpr std::size_t row_columns = 5;
constexpr std::string_view accept_word = "accept ";
constexpr std::string_view deny_word = "deny ";
constexpr std::string_view another_word = " another-machine";
constexpr std::size_t decision_key_size = 64;

/// A column holds no tab and no line feed, whatever a requester called itself.
std::string row_column(std::string_view text) {
  std::string out(text);
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
  return out;
}

}  // namespace

std::string encode(const std::vector<WaitingRow>& rows) {
  std::string out;
  for (const WaitingRow& row : rows)
    out += to_hex(row.key) + '\t' + row_column(row.user) + '\t' + row_column(row.addresses) + '\t' +
           row_column(row.source) + '\t' + std::to_string(row.at.seconds) + '\n';
  return out;
}

Result<std::vector<WaitingRow>> decode_waiting_rows(std::string_view text) {
  std::vector<WaitingRow> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    std::array<std::string_view, row_columns> parts{};
    for (std::size_t i = 0; i < row_columns; ++i) {
      const auto tab = i + 1 < row_columns ? line.find('\t') : line.size();
      if (tab == std::string_view::npos) return {Errc::malformed, "a line of waiting requests has too few columns"};
      parts[i] = line.substr(0, tab);
      line.remove_prefix(std::min(tab + 1, line.size()));
    }
    const auto key = parse_fingerprint(parts[0]);
    std::int64_t at = 0;
    const auto read = std::from_chars(parts[4].data(), parts[4].data() + parts[4].size(), at);
    if (!key || read.ec != std::errc() || read.ptr != parts[4].data() + parts[4].size())
      return {Errc::malformed, "a line of waiting requests has no key or time"};
    out.push_back({*key, std::string(parts[1]), std::string(parts[2]), std::string(parts[3]), WallTime{at}});
  }
  return out;
}

std::string encode(const RemoteDecision& decision) {
  const std::string yes = decision.another_machine ? std::string(another_word) : "";
  return std::string(decision.accepts ? accept_word : deny_word) + to_hex(decision.key) +
         (decision.accepts ? yes : " " + row_column(decision.reason)) + "\n";
}

Result<RemoteDecision> decode_remote_decision(std::string_view text) {
  const auto wrong = [] { return make_error(Errc::malformed, "no decision: accept KEY, or deny KEY REASON"); };
  if (text.ends_with('\n')) text.remove_suffix(1);
  RemoteDecision out;
  out.accepts = text.starts_with(accept_word);
  if (!out.accepts && !text.starts_with(deny_word)) return wrong();
  text.remove_prefix(out.accepts ? accept_word.size() : deny_word.size());
  const auto key =
      text.size() < decision_key_size ? std::nullopt : parse_fingerprint(text.substr(0, decision_key_size));
  if (!key) return wrong();
  out.key = *key;
  text.remove_prefix(decision_key_size);
  if (out.accepts) {
    out.another_machine = text == another_word;
    return text.empty() || out.another_machine ? Result<RemoteDecision>(out) : wrong();
  }
  if (text.size() < 2 || text.front() != ' ') return wrong();
  out.reason = std::string(text.substr(1));
  return out;
}

}  // namespace ipop::authority
