#include "updates/debian_version.hpp"

#include <algorithm>

namespace ipop::updates {
namespace {

bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

/// Takes the first octets that are digits, or that are none, away.
std::string_view take_run(std::string_view& text, bool digits) {
  const auto* const end = std::ranges::find_if(text, [digits](char letter) { return is_digit(letter) != digits; });
  const std::string_view run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

/// A tilde is before the end of the text, letters are before all other signs.
int weight(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  const char letter = text[at];
  if (letter == '~') return -1;
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter ? static_cast<unsigned char>(letter) : 256 + static_cast<unsigned char>(letter);
}

std::weak_ordering compare_signs(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i)
    if (weight(a, i) != weight(b, i)) return weight(a, i) <=> weight(b, i);
  return std::weak_ordering::equivalent;
}

/// Numbers of any length.
std::weak_ordering compare_digits(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

std::weak_ordering compare_parts(std::string_view a, std::string_view b) {
  for (bool digits = false; !a.empty() || !b.empty(); digits = !digits) {
    const std::string_view of_a = take_run(a, digits);
    const std::string_view of_b = take_run(b, digits);
    const auto order = digits ? compare_digits(of_a, of_b) : compare_signs(of_a, of_b);
    if (order != 0) return order;
  }
  return std::weak_ordering::equivalent;
}

/// `[epoch:]upstream[-revision]`
struct Parts {
  explicit Parts(std::string_view version) : upstream(version) {
    if (const std::size_t colon = upstream.find(':'); colon != std::string_view::npos) {
      epoch = upstream.substr(0, colon);
      upstream.remove_prefix(colon + 1);
    }
    if (const std::size_t hyphen = upstream.rfind('-'); hyphen != std::string_view::npos) {
      revision = upstream.substr(hyphen + 1);
      upstream = upstream.substr(0, hyphen);
    }
  }
  std::string_view epoch{};
  std::string_view upstream;
  std::string_view revision{};
};

}  // namespace

std::weak_ordering compare_debian_versions(std::string_view a, std::string_view b) {
  const Parts of_a(a);
  const Parts of_b(b);
  if (const auto order = compare_parts(of_a.epoch, of_b.epoch); order != 0) return order;
  if (const auto order = compare_parts(of_a.upstream, of_b.upstream); order != 0) return order;
  return compare_parts(of_a.revision, of_b.revision);
}

}  // namespace ipop::updates
