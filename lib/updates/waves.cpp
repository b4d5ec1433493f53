#include "updates/waves.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "crypto/hash.hpp"

namespace ipop::updates {
namespace {

std::string in_small_letters(std::string_view name) {
  std::string out(name);
  std::ranges::transform(out, out.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return out;
}

std::set<std::string> each_once(const std::vector<std::string>& names) {
  std::set<std::string> out;
  for (const std::string& name : names)
    out.insert(in_small_letters(name));
  return out;
}

}  // namespace

std::size_t most_away(std::size_t machines, unsigned percent) {
  return std::max<std::size_t>(1, machines * percent / 100);
}

Result<Wave> wave_of(const std::vector<std::string>& names, std::string_view mine, unsigned percent,
                     std::string_view release) {
  std::vector<std::pair<crypto::Digest256, std::string>> order;
  for (const std::string& name : each_once(names))
    order.emplace_back(crypto::sha256(as_bytes(std::string(release) + '\n' + name)), name);
  std::ranges::sort(order);
  const auto found =
      std::ranges::find(order, in_small_letters(mine), &std::pair<crypto::Digest256, std::string>::second);
  if (found == order.end()) return {Errc::not_found, std::string(mine) + " is not among the machines that are updated"};
  const std::size_t size = most_away(order.size(), percent);
  return Wave{static_cast<std::size_t>(found - order.begin()) / size, (order.size() + size - 1) / size};
}

bool may_leave(const std::vector<std::string>& names, const std::vector<std::string>& present, std::string_view mine,
               unsigned percent) {
  const auto all = each_once(names);
  const auto here = each_once(present);
  const std::string me = in_small_letters(mine);
  std::size_t away = 1;
  for (const std::string& name : all)
    if (name != me && !here.contains(name)) ++away;
  return away <= most_away(all.size(), percent);
}

}  // namespace ipop::updates
