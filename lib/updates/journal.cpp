#include "updates/journal.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "layers/word_reader.hpp"

namespace ipop::updates {
namespace {

constexpr std::string_view journal_line = "grid-appliance update 1";
constexpr std::array kinds = {ChangeKind::base, ChangeKind::module, ChangeKind::packages};
constexpr std::array states = {State::prepared, State::trying, State::content, State::back, State::restored};

std::optional<State> parse_state(std::string_view word) {
  for (const State state : states)
    if (to_string(state) == word) return state;
  return std::nullopt;
}

bool is_visible(char letter) {
  return letter >= ' ' && letter <= '~';
}

/// A whole number in a text field of the journal, at most `most`.
template <class T>
bool take_number(std::string_view word, std::uint64_t most, T& out) {
  std::uint64_t value = 0;
  if (!layers::parse_number(word, value) || value > most) return false;
  out = T(static_cast<std::int64_t>(value));
  return true;
}

/// The lines above the layers. Null when they are right.
const char* take_head(layers::LineReader& lines, Journal& out) {
  const auto state = parse_state(lines.value_of("state"));
  if (!state) return "must be state and prepared, trying, content, back or restored";
  out.state = *state;
  if (!take_number(lines.value_of("boots"), most_boots, out.boots)) return "must be boots and a number of at most 9";
  if (!take_number(lines.value_of("limit"), static_cast<std::uint64_t>(longest_limit.count()), out.limit) ||
      out.limit.count() == 0)
    return "must be limit and seconds, at most a day";
  // A year of nine digits is as good as any other that is not the machine's.
  std::int64_t begun = 0;
  if (!take_number(lines.value_of("begun"), std::uint64_t{1} << 53U, begun)) return "must be begun and seconds";
  out.begun = WallTime{begun};
  const auto wants = parse_wants(lines.value_of("wants"));
  if (!wants) return "must be wants and node,name,pool, a part of it, or none";
  out.wants = *wants;
  auto change = parse_change(lines.value_of("change"));
  if (!change) return "must be change, base, module or packages, name, number before, number after";
  out.change = *std::move(change);
  return nullptr;
}

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::prepared: return "prepared";
    case State::trying: return "trying";
    case State::content: return "content";
    case State::back: return "back";
    case State::restored: return "restored";
  }
  return {};
}

std::string to_string(const Wants& wants) {
  std::string out;
  const auto add = [&out](bool wanted, std::string_view word) {
    if (!wanted) return;
    if (!out.empty()) out += ',';
    out += word;
  };
  add(wants.node, "node");
  add(wants.name, "name");
  add(wants.pool, "pool");
  return out.empty() ? "none" : out;
}

Result<Wants> parse_wants(std::string_view text) {
  // Eight texts in all, each in one form.
  for (unsigned bits = 0; bits < 8; ++bits) {
    const Wants wants{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
    if (to_string(wants) == text) return wants;
  }
  return {Errc::malformed, std::string(text) + " is not node,name,pool, a part of it, or none"};
}

bool is_reason(std::string_view text) {
  return !text.empty() && text.size() <= longest_reason && text.front() != ' ' && text.back() != ' ' &&
         std::ranges::all_of(text, is_visible);
}

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::base: return "base";
    case ChangeKind::module: return "module";
    case ChangeKind::packages: return "packages";
  }
  return {};
}

std::string subject(const Change& change) {
  return change.kind == ChangeKind::packages ? std::string("packages") : change.name;
}

std::string title(const Change& change) {
  return subject(change) + '-' + std::to_string(change.to);
}

std::string to_string(const Change& change) {
  return std::string(to_string(change.kind)) + ' ' + change.name + ' ' + std::to_string(change.from) + ' ' +
         std::to_string(change.to);
}

Result<Change> parse_change(std::string_view words) {
  std::array<std::string_view, 4> parts;
  if (!layers::split_words(words, parts)) return {Errc::malformed, "must be kind, name and two numbers"};
  Change out;
  const auto* kind = std::ranges::find(kinds, parts[0], [](ChangeKind one) { return to_string(one); });
  if (kind == kinds.end()) return {Errc::malformed, "the kind must be base, module or packages"};
  out.kind = *kind;
  out.name = parts[1];
  if (auto named = layers::check_layer_name(out.name); !named) return named.error();
  if (!layers::parse_number(parts[2], out.from) || !layers::parse_number(parts[3], out.to) || out.to <= out.from)
    return {Errc::malformed, "the numbers must be whole, and the second higher"};
  return out;
}

std::string to_string(const Journal& journal) {
  std::string out(journal_line);
  out += "\nstate " + std::string(to_string(journal.state)) + "\nboots " + std::to_string(journal.boots) + "\nlimit " +
         std::to_string(journal.limit.count()) + "\nbegun " + std::to_string(journal.begun.seconds) + "\nwants " +
         to_string(journal.wants) + "\nchange " + to_string(journal.change) + '\n';
  // As in a stack, so that the boot disk reads both with the same lines.
  const std::string stack = layers::to_string(layers::Stack{journal.tried, {}});
  out += stack.substr(stack.find('\n') + 1);
  if (!journal.reason.empty()) out += "reason " + journal.reason + '\n';
  return out;
}

Result<Journal> parse_journal(std::string_view text, std::string_view file) {
  layers::LineReader lines(text, file);
  if (lines.next() != journal_line)
    return lines.refuse("must be \"" + std::string(journal_line) + "\"", Errc::unsupported);
  Journal out;
  if (const char* wrong = take_head(lines, out)) return lines.refuse(wrong);
  // The rest is a stack's, and perhaps a reason behind it.
  std::string stack = layers::to_string(layers::Stack{});
  for (std::string_view line = lines.next(); !lines.ended(); line = lines.next()) {
    constexpr std::string_view reason = "reason ";
    if (line.starts_with(reason)) {
      if (!is_reason(line.substr(reason.size()))) return lines.refuse("must be reason and one line of text");
      out.reason = line.substr(reason.size());
      (void)lines.next();
      if (!lines.ended()) return lines.refuse("stands behind the last line");
      break;
    }
    if (!line.starts_with("layer ")) return lines.refuse("must be layer or reason");
    stack += std::string(line) + '\n';
    auto layers_so_far = layers::parse_stack(stack, file);
    if (!layers_so_far) return lines.refuse("must be a layer as in a stack, which fits over those above");
    out.tried = std::move(layers_so_far->layers);
  }
  if (out.change.kind == ChangeKind::packages) return out;
  const auto changed = std::ranges::find(out.tried, out.change.name, &layers::StackLayer::name);
  if (changed == out.tried.end() || to_string(changed->kind) != to_string(out.change.kind) ||
      changed->number != out.change.to)
    return lines.refuse("the layer that changes must be among the layers");
  return out;
}

Result<Journal> when_content(const Journal& journal) {
  if (journal.state != State::trying)
    return {Errc::conflict, "the update is at the step \"" + std::string(to_string(journal.state)) + '"'};
  Journal out = journal;
  out.state = State::content;
  return out;
}

Result<Journal> when_given_up(const Journal& journal, std::string_view reason) {
  if (journal.state != State::prepared && journal.state != State::trying)
    return {Errc::conflict, "the update is at the step \"" + std::string(to_string(journal.state)) + '"'};
  Journal out = journal;
  out.state = State::back;
  out.reason = reason.substr(0, longest_reason);
  std::ranges::replace_if(
      out.reason, [](char letter) { return !is_visible(letter); }, '?');
  while (!out.reason.empty() && out.reason.back() == ' ')
    out.reason.pop_back();
  while (!out.reason.empty() && out.reason.front() == ' ')
    out.reason.erase(0, 1);
  if (out.reason.empty()) out.reason = "no reason was given";
  return out;
}

}  // namespace ipop::updates
