#include "domain_choice.hpp"

#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"

namespace ipop::ga_group {
namespace {

constexpr const char* resolved_directory = "/run/systemd/resolve";

/// Another group of this machine that has the domain. The way into a closed group has that group's.
std::optional<std::string> other_with(const Context& context, const std::string& name, const std::string& domain) {
  const std::string closed = closed_group_of(name).value_or(name);
  // Who may not look there may not write there either, and is told so then.
  for (const std::string& other : io::group_names(context.options.directory).value_or({})) {
    if (closed_group_of(other).value_or(other) == closed) continue;
    const auto known = read_group(path_of_group(context, other));
    if (known && known->domain == domain) return other;
  }
  return std::nullopt;
}

}  // namespace

std::string choose_domain(const Context& context, const std::string& name, const std::optional<std::string>& typed) {
  if (typed) return *typed;
  const std::string usual = groups::GroupConfig{}.domain;
  const auto other = other_with(context, name, usual);
  if (!other) return usual;
  std::string own = name + "-" + usual;
  context.streams.err << "The names of this group end in ." << own << ", since those of " << *other << " end in ."
                      << usual << ".\n";
  return own;
}

void note_shared_domain(const Context& context, const GroupFile& file) {
  const auto other = other_with(context, file.config.name, file.config.domain);
  if (!other || io::exists(resolved_directory)) return;
  cli::complain(context.streams, tool,
                "the names of " + *other + " end in ." + file.config.domain +
                    " too: without systemd-resolved this machine's resolver finds those of one of the two groups");
  cli::suggest(context.streams,
               "ipop-dns --group " + file.config.name + " lookup NAME  # asks this group; or install systemd-resolved");
}

}  // namespace ipop::ga_group
